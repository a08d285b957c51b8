import Glibc
import Runtime

/// This detector's number among those on the host, held by a locked file for as long as the process lives.
final class InstanceClaim {
    /// 1 and up.
    let number: Int
    private let descriptor: Int32

    /// Takes `wanted`, or the first number that nobody holds.
    /// - Throws: `Failure`: the number is held, or the directory cannot be written.
    init(directory: String, wanted: Int?) throws(Failure) {
        for number in wanted.map({ $0...$0 }) ?? 1...64 {
            let path = "\(directory)/detector-\(number).lock"
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
            guard descriptor >= 0 else {
                let denied = errno == EACCES || errno == EPERM
                throw Failure(
                    denied ? .noPermission : .configuration, "cannot open \(path): \(String(cString: strerror(errno)))",
                    hint: "runtime.directory must exist and be writable for the detector")
            }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
                self.number = number
                self.descriptor = descriptor
                return
            }
            close(descriptor)
        }
        throw Failure(
            .unavailable, wanted.map { "detector \($0) is running already" } ?? "64 detectors are running already",
            hint: "choose another --instance")
    }

    deinit { close(descriptor) }
}
