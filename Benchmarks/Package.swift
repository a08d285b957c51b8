// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "WeirBenchmarks",
    dependencies: [.package(name: "Weir", path: "..")],
    targets: [
        .executableTarget(
            name: "bench-wire", dependencies: [.product(name: "WeirProtocol", package: "Weir")], path: "Wire",
            swiftSettings: [.treatAllWarnings(as: .error)])
    ],
    swiftLanguageModes: [.v6]
)
