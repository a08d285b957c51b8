import ArgumentParser
import CollectorCore
import Runtime
import WeirProtocol

extension ClassifyCommand {
    /// `collector classify referrers`.
    struct Referrers: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "referrers", abstract: "Where each referrer's visit comes from.",
            discussion: """
                A line is a referrer, or {"referrer", "url", "utm_medium", "utm_source"}: url is the page visited; its host \
                is the site, its tags count where the line has none.
                """)

        @OptionGroup var input: InputOption

        func run() {
            let catalogue = ReferrerCatalogue.builtIn
            input.answer { bytes, writer throws(Unusable) in
                let (referrer, object) = try Unusable.text(bytes, field: "referrer")
                let url = object?["url"]?.stringValue.flatMap { LandingURL($0) }
                var campaign = CampaignTags(query: url?.query)
                if let medium = object?["utm_medium"]?.stringValue { campaign.medium = medium }
                if let source = object?["utm_source"]?.stringValue { campaign.source = source }
                let found = catalogue.classify(referrer: referrer, site: url?.site, campaign: campaign)
                writer.field("source", found.source.rawValue)
                writer.field("name", optional: found.name)
                writer.field("host", optional: found.host)
                writer.field("search_terms", optional: found.searchTerms)
                writer.field("spam", found.isSpam)
            }
        }
    }

    /// `collector classify user-agents`.
    struct Agents: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "user-agents", abstract: "The device, browser and system that each user agent names.")

        @OptionGroup var input: InputOption

        @Option(
            help: ArgumentHelp(
                "Regular expressions in uap-core's format (regexes.yaml), tried before the built-in parser.",
                valueName: "file"))
        var agentsFile: String?

        func run() {
            let reader: AgentReader
            do throws(Failure) { reader = try AgentReader(path: agentsFile ?? "") } catch {
                error.exit(program: "collector classify")
            }
            input.answer { bytes, writer throws(Unusable) in
                let (agent, object) = try Unusable.text(bytes, field: "user_agent")
                let text = object?["user_agent"] == nil ? object?["ua"]?.stringValue ?? agent : agent
                let found = reader.device(of: text)
                writer.field("device_type", found.deviceType.rawValue)
                writer.field("browser", found.browser)
                writer.field("browser_version", optional: found.browserVersion)
                writer.field("os", found.os)
                writer.field("os_version", optional: found.osVersion)
            }
        }
    }

    /// `collector classify addresses`.
    struct Addresses: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "addresses", abstract: "The country, region and city of each address.")

        @OptionGroup var input: InputOption

        @Option(help: ArgumentHelp("A MaxMind-format database.", valueName: "file"))
        var geoip: String

        func run() {
            let database: GeoDatabase
            do throws(GeoDatabaseError) { database = try GeoDatabase(path: geoip) } catch {
                Failure(.configuration, error.description, hint: "give --geoip a readable .mmdb file").exit(
                    program: "collector classify")
            }
            input.answer { bytes, writer throws(Unusable) in
                let (text, _) = try Unusable.text(bytes, field: "address")
                guard let address = IPAddress(text) else { throw Unusable("not an IP address") }
                let place: Place
                do throws(GeoDatabaseError) { place = try database.place(of: address) } catch {
                    throw Unusable(error.description)
                }
                writer.field("address", address.description)
                writer.field("country", optional: place.country)
                writer.field("region", optional: place.region)
                writer.field("city", optional: place.city)
            }
        }
    }
}
