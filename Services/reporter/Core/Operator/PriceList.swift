import WeirProtocol

/// Prices of language models out of a file, exact to the last digit that the file gives.
///
/// Two forms are read. CSV with the header `model,provider,valid_from,input,output,cache_read,cache_creation`, prices in
/// USD per million tokens, the last two and the provider may be empty. Or the JSON object that price collections publish:
/// `{"model": {"input_cost_per_token": 3e-06, "output_cost_per_token": …, "cache_read_input_token_cost"?: …,
/// "cache_creation_input_token_cost"?: …}}`, prices in USD per token and without dates.
public struct PriceList: Sendable {
    /// What a model costs from a day on. Prices are decimal numbers of microdollars per token.
    public struct Price: Hashable, Sendable {
        /// The model, as its users name it.
        public var model: String
        /// Who serves it; empty for anyone.
        public var provider: String
        /// The first day, `YYYY-MM-DD` in UTC.
        public var validFrom: String
        /// A token read.
        public var input: String
        /// A token written.
        public var output: String
        /// A token read from the cache; nil where it costs as much as any.
        public var cacheRead: String?
        /// A token put into the cache; nil where it costs as much as any.
        public var cacheCreation: String?
    }

    /// The prices, in the file's order.
    public private(set) var prices: [Price] = []
    /// Entries without a price per token, which are passed over: models that are paid by the image or the second.
    public private(set) var skipped = 0

    /// Reads a file's text.
    /// - Parameter validFrom: the first day of prices that have none of their own.
    /// - Throws: `ReportError` with `bad_input`, naming the line or the model.
    public init(_ text: String, validFrom: String) throws(ReportError) {
        if text.trimmingSpaces.hasPrefix("{") {
            try readJSON(text, validFrom)
        } else {
            try readCSV(text, validFrom)
        }
        guard !prices.isEmpty else {
            throw ReportError(.badInput, "The file has no price per token.", hint: "See: analytics prices load --help")
        }
    }

    private mutating func readJSON(_ text: String, _ validFrom: String) throws(ReportError) {
        let value: JSONValue
        do { value = try JSONValue(parsing: text.utf8, depthLimit: 32) } catch {
            throw ReportError(.badInput, "The file is not JSON: \(error.description).")
        }
        guard case .object(let models) = value else { throw ReportError(.badInput, "The file is no object of models.") }
        for (model, entry) in models.fields {
            guard !model.holdsControls else {
                throw ReportError(.badInput, "The model \"\(model.quotable)\" has a control character.")
            }
            guard !model.isEmpty, model.utf8.count <= 255, let input = Self.perToken(entry["input_cost_per_token"]),
                let output = Self.perToken(entry["output_cost_per_token"]), model != "sample_spec"
            else {
                skipped += 1
                continue
            }
            prices.append(
                Price(
                    model: model, provider: "", validFrom: validFrom, input: input, output: output,
                    cacheRead: Self.perToken(entry["cache_read_input_token_cost"]),
                    cacheCreation: Self.perToken(entry["cache_creation_input_token_cost"])))
        }
    }

    private mutating func readCSV(_ text: String, _ validFrom: String) throws(ReportError) {
        let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
        let header = "model,provider,valid_from,input,output,cache_read,cache_creation"
        guard lines.first.map({ $0.filter { $0 != " " && $0 != "\u{FEFF}" } }) == header else {
            throw ReportError(.badInput, "The file is neither JSON nor CSV with the header \(header).")
        }
        var places: [[String]: (line: Int, price: Price)] = [:]
        for (index, line) in lines.enumerated().dropFirst() where !line.allSatisfy(\.isWhitespace) {
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmingSpaces }
            func problem(_ what: String) -> ReportError { ReportError(.badInput, "Line \(index + 1): \(what).") }
            guard cells.count == 7 else { throw problem("\(cells.count) cells instead of 7") }
            guard !cells[0].isEmpty, cells[0].utf8.count <= 255 else { throw problem("the model is empty or too long") }
            guard !cells[0].holdsControls, !cells[1].holdsControls, cells[1].utf8.count <= 255 else {
                throw problem("the model or the provider has a control character or is too long")
            }
            let day = cells[2].isEmpty ? validFrom : cells[2]
            guard Self.isDay(day) else { throw problem("\"\(day.quotable)\" is no date such as 2026-11-21") }
            var amounts: [String?] = []
            for (name, cell) in zip(["input", "output", "cache_read", "cache_creation"], cells[3...]) {
                if cell.isEmpty, name.hasPrefix("cache") {
                    amounts.append(nil)
                } else if let amount = Self.shifted(cell, by: 0) {
                    // USD per million tokens are microdollars per token.
                    amounts.append(amount)
                } else {
                    throw problem("\(name) is \"\(cell.quotable)\", which is no price")
                }
            }
            let price = Price(
                model: cells[0], provider: cells[1], validFrom: day, input: amounts[0] ?? "0",
                output: amounts[1] ?? "0", cacheRead: amounts[2], cacheCreation: amounts[3])
            let earlier = places.updateValue((index + 1, price), forKey: [cells[0], cells[1], day])
            if let earlier, earlier.price != price {
                throw ReportError(
                    .badInput,
                    "Lines \(earlier.line) and \(index + 1) give different prices for "
                        + "\"\(cells[0].quotable)\" of the same provider from \(day).", hint: "Leave one of them.")
            }
            if earlier == nil { prices.append(price) }
        }
    }

    /// Whether a text is a date of the calendar in the form `YYYY-MM-DD`.
    public static func isDay(_ text: String) -> Bool {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard text.utf8.count == 10, parts.count == 3, let year = Int64(parts[0]), let month = Int64(parts[1]),
            let day = Int64(parts[2])
        else { return false }
        return Timestamp.Day(year: year, month: month, day: day).description == text
    }

    /// USD per token as microdollars per token.
    private static func perToken(_ value: JSONValue?) -> String? {
        switch value {
        case .integer(let number)?: shifted(String(number), by: 6)
        // The shortest text that reads back as the number is what the file said.
        case .number(let number)?: shifted(number.description, by: 6)
        default: nil
        }
    }

    /// A decimal number, with or without an exponent, times ten to the power of `places`; nil when the text is none, is
    /// negative, or is beyond a million dollars a token.
    static func shifted(_ text: String, by places: Int) -> String? {
        let lower = text.lowercased()
        let parts = lower.split(separator: "e", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), lower.utf8.count <= 48 else { return nil }
        let exponent = parts.count == 2 ? Int(parts[1]) : 0
        guard let exponent, abs(exponent) <= 30 else { return nil }
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(mantissa.count), !mantissa[0].isEmpty else { return nil }
        let fraction = mantissa.count == 2 ? mantissa[1] : ""
        var digits = Array(mantissa[0].utf8) + Array(fraction.utf8)
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        var point = mantissa[0].utf8.count + exponent + places
        if point <= 0 {
            digits = [UInt8](repeating: 0x30, count: 1 - point) + digits
            point = 1
        }
        while digits.count < point { digits.append(0x30) }
        let whole = String(decoding: digits[..<point].drop { $0 == 0x30 }, as: UTF8.self)
        let rest = String(decoding: digits[point...], as: UTF8.self)
        let cut = rest.lastIndex { $0 != "0" }.map { rest[...$0] } ?? ""
        guard whole.utf8.count <= 12 else { return nil }
        return (whole.isEmpty ? "0" : whole) + (cut.isEmpty ? "" : "." + cut)
    }
}
