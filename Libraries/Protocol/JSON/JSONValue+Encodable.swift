extension JSONValue {
    /// A message as a value. The messages of this library always encode; one that throws becomes null.
    public init(encoding message: some Encodable) {
        if let value = message as? JSONValue {
            self = value
            return
        }
        let encoder = ValueEncoder(codingPath: [])
        do {
            try message.encode(to: encoder)
            self = encoder.slot.value
        } catch {
            self = .null
        }
    }
}

/// Where a container under construction keeps its value; containers are values, their storage is shared.
private final class Slot {
    enum Content {
        case empty
        case value(JSONValue)
        case object([(name: String, slot: Slot)])
        case array([Slot])
    }

    var content: Content = .empty

    var value: JSONValue {
        switch content {
        case .empty: return .null
        case .value(let value): return value
        case .array(let slots): return .array(slots.map(\.value))
        case .object(let fields):
            var object = JSONObject()
            for field in fields { object.appendUnchecked(field.name, field.slot.value) }
            return .object(object)
        }
    }

    func field(_ name: String) -> Slot {
        let slot = Slot()
        if case .object(var fields) = content {
            content = .empty
            if let index = fields.firstIndex(where: { $0.name == name }) {
                fields[index].slot = slot
            } else {
                fields.append((name, slot))
            }
            content = .object(fields)
        } else {
            content = .object([(name, slot)])
        }
        return slot
    }

    func element() -> Slot {
        let slot = Slot()
        if case .array(var slots) = content {
            content = .empty
            slots.append(slot)
            content = .array(slots)
        } else {
            content = .array([slot])
        }
        return slot
    }
}

private struct ValueEncoder: Encoder {
    let slot: Slot
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(slot: Slot = Slot(), codingPath: [any CodingKey]) {
        self.slot = slot
        self.codingPath = codingPath
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .empty = slot.content { slot.content = .object([]) }
        return KeyedEncodingContainer(Keyed<Key>(slot: slot, codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        slot.content = .array([])
        return Unkeyed(slot: slot, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension ValueEncoder: SingleValueEncodingContainer {
    func encodeNil() { slot.content = .value(.null) }
    func encode(_ value: Bool) { slot.content = .value(.bool(value)) }
    func encode(_ value: String) { slot.content = .value(.string(value)) }
    func encode(_ value: Double) { slot.content = .value(.number(value)) }
    func encode(_ value: Float) { slot.content = .value(.number(Double(value))) }
    func encode(_ value: Int) { integer(value) }
    func encode(_ value: Int8) { integer(value) }
    func encode(_ value: Int16) { integer(value) }
    func encode(_ value: Int32) { integer(value) }
    func encode(_ value: Int64) { integer(value) }
    func encode(_ value: UInt) { integer(value) }
    func encode(_ value: UInt8) { integer(value) }
    func encode(_ value: UInt16) { integer(value) }
    func encode(_ value: UInt32) { integer(value) }
    func encode(_ value: UInt64) { integer(value) }

    func encode<Value: Encodable>(_ value: Value) throws {
        if let value = value as? JSONValue {
            slot.content = .value(value)
        } else {
            try value.encode(to: self)
        }
    }

    private func integer(_ value: some FixedWidthInteger) { slot.content = .value(.integer(Int64(clamping: value))) }
}

private struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    let codingPath: [any CodingKey]

    private func field(_ key: Key) -> ValueEncoder {
        ValueEncoder(slot: slot.field(key.stringValue), codingPath: codingPath + [key])
    }

    mutating func encodeNil(forKey key: Key) { field(key).encodeNil() }
    mutating func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try field(key).encode(value) }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> { field(key).container(keyedBy: keyType) }
    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        field(key).unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder { ValueEncoder(slot: slot, codingPath: codingPath) }
    mutating func superEncoder(forKey key: Key) -> any Encoder { field(key) }
}

private struct Unkeyed: UnkeyedEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]

    var count: Int { if case .array(let slots) = slot.content { slots.count } else { 0 } }

    private func element() -> ValueEncoder { ValueEncoder(slot: slot.element(), codingPath: codingPath) }

    mutating func encodeNil() { element().encodeNil() }
    mutating func encode<Value: Encodable>(_ value: Value) throws { try element().encode(value) }
    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy keyType: Nested.Type
    ) -> KeyedEncodingContainer<Nested> { element().container(keyedBy: keyType) }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { element().unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { element() }
}

extension JSONValue: Encodable {
    /// Into this library's own encoder only, which takes the value as it is; elsewhere null is written.
    public func encode(to encoder: any Encoder) throws {
        if let own = encoder as? ValueEncoder {
            own.slot.content = .value(self)
        } else {
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        }
    }
}
