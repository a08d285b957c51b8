import Glibc

/// The run of the machine, from one start to the next, that readings of its monotonic clock belong to.
enum MachineRun {
    /// The kernel's name for it; one of this process's own where there is none.
    static let current: String = {
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "process \(UInt64.random(in: 0 ... .max))" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)).prefix { $0 > 0x20 }, as: UTF8.self)
    }()
}
