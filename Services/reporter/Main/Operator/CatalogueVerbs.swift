import ArgumentParser
import Database
import ReporterCore
import Runtime
import WeirProtocol

/// `analytics content load SITEMAP`.
struct ContentLoad: OperatorVerb {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Take the pages of a sitemap.xml into the catalogue of content.",
        discussion: "Pages that requests have shown already are kept under their ids. What pages reported before they "
            + "were in the catalogue is given its content id now.")

    @Argument(help: "The file; - is standard input, .gz is read.")
    var sitemap: String
    @Option(help: "The site of all its pages (default: the host of each).")
    var site: String?
    @OptionGroup var output: OutputChoice

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        if let site, !WebAuthority.isHost(site) {
            throw ReportError(.badValue, "--site is a host name such as shop.example.")
        }
        let map = try Sitemap(try InputFile.text(sitemap))
        let sites = map.pages.map { site?.lowercased() ?? $0.host }
        let paths = map.pages.map(\.path)
        let counts = try await store.change { connection in
            let rows = try connection.query(Self.load, [.texts(sites), .texts(paths)])
            let filled = try connection.execute(Self.fill)
            return [try rows.single(Int.self), filled]
        }
        let known = map.pages.count - counts[0]
        return OperatorOutcome(
            data: [
                "pages": .integer(Int64(map.pages.count)), "new": .integer(Int64(counts[0])),
                "known": .integer(Int64(known)), "unusable": .integer(Int64(map.unusable)),
                "engagement_filled": .integer(Int64(counts[1])),
            ],
            sentence:
                "\(map.pages.count) pages, \(counts[0]) of them new; \(counts[1]) engagement events got their content."
                + (map.unusable > 0 ? " \(map.unusable) locations are no http or https address and were left out." : "")
        )
    }

    private static let load = """
        with listed as (
            select distinct site, path from unnest($1::text[], $2::text[]) as page (site, path)
        ), stored as (
            insert into content as held (content_id, site, path, slug, origin)
            select 'page_' || left(encode(sha256(convert_to(site || E'\\n' || path, 'UTF8')), 'hex'), 24), site, path,
                coalesce(nullif(substring(path from '([^/]+)/*$'), ''), path), 'catalogue'
            from listed
            on conflict (site, path) do update set origin = 'catalogue', updated_at = now()
            returning xmax = 0 as is_new
        )
        select count(*) filter (where is_new) from stored
        """

    private static let fill = """
        update engagement_events as e set content_id = c.content_id, updated_at = now()
        from content as c where e.content_id is null and c.site = e.site and c.path = e.path
        """
}

/// `analytics prices load FILE`.
struct PriceLoad: OperatorVerb {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Load what tokens of language models cost.",
        discussion: """
            CSV: model,provider,valid_from,input,output,cache_read,cache_creation in USD per million tokens; provider \
            empty for anyone, valid_from empty for --valid-from, the cache's columns empty where it costs as much as any. \
            JSON: {"model": {"input_cost_per_token": …, "output_cost_per_token": …, …}} in USD per token, as price \
            collections publish it; other entries are passed over. A price of the same model, provider and day is \
            replaced. Requests are priced by their own day; those that had no price yet get theirs within a minute.
            """)

    @Argument(help: "The file; - is standard input, .gz is read.")
    var file: String
    @Option(help: "The first day of prices that have none of their own.")
    var validFrom = "2000-01-01"
    @OptionGroup var output: OutputChoice

    func act(_ store: OperatorStore) async throws(ReportError) -> OperatorOutcome {
        guard PriceList.isDay(validFrom) else {
            throw ReportError(.badValue, "--valid-from is a date such as 2026-11-21.")
        }
        let list = try PriceList(try InputFile.text(file), validFrom: validFrom)
        let prices = list.prices
        let stored = try await store.change { connection in
            var stored = 0
            for start in stride(from: 0, to: prices.count, by: 5000) {
                let part = prices[start..<min(start + 5000, prices.count)]
                stored += try connection.execute(
                    Self.insert,
                    [
                        .texts(part.map(\.model)), .texts(part.map(\.provider)), .texts(part.map(\.validFrom)),
                        .texts(part.map(\.input)), .texts(part.map(\.output)), .texts(part.map { $0.cacheRead ?? "" }),
                        .texts(part.map { $0.cacheCreation ?? "" }),
                    ])
            }
            return stored
        }
        return OperatorOutcome(
            data: [
                "prices": .integer(Int64(prices.count)), "stored": .integer(Int64(stored)),
                "skipped": .integer(Int64(list.skipped)),
            ], sentence: "\(stored) prices stored, \(list.skipped) entries without a price per token passed over.")
    }

    private static let insert = """
        insert into prices (model, provider, valid_from, input_microdollars_per_token, output_microdollars_per_token,
            cache_read_microdollars_per_token, cache_creation_microdollars_per_token, origin)
        select distinct on (model, provider, day) model, provider, day::date, input::numeric, output::numeric,
            nullif(cache_read, '')::numeric, nullif(cache_creation, '')::numeric, 'file'
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
            with ordinality as listed (model, provider, day, input, output, cache_read, cache_creation, place)
        order by model, provider, day, place desc
        on conflict (model, provider, valid_from) do update set
            input_microdollars_per_token = excluded.input_microdollars_per_token,
            output_microdollars_per_token = excluded.output_microdollars_per_token,
            cache_read_microdollars_per_token = excluded.cache_read_microdollars_per_token,
            cache_creation_microdollars_per_token = excluded.cache_creation_microdollars_per_token,
            origin = excluded.origin, loaded_at = now()
        """
}

/// A file that an operator names.
enum InputFile {
    /// The largest file.
    private static let limit = 64 << 20

    /// The file's text.
    static func text(_ path: String) throws(ReportError) -> String {
        let bytes: [UInt8]?
        do { bytes = try LineSource(path: path).whole(limit: limit) } catch {
            throw ReportError(.badInput, error.description + ".")
        }
        guard let bytes else { throw ReportError(.badInput, "\(path) is over \(limit >> 20) MiB.") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
