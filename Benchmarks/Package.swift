// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "WeirBenchmarks",
    dependencies: [.package(name: "Weir", path: "..")],
    targets: [
        .executableTarget(
            name: "bench-wire", dependencies: [.product(name: "WeirProtocol", package: "Weir")], path: "Wire",
            swiftSettings: [.treatAllWarnings(as: .error)]),
        .executableTarget(
            name: "bench-hot",
            dependencies: [
                .product(name: "WeirProtocol", package: "Weir"), .product(name: "WeirCollecting", package: "Weir"),
                .product(name: "WeirDetection", package: "Weir"), .product(name: "WeirThrottling", package: "Weir"),
            ], path: "HotFunctions", swiftSettings: [.treatAllWarnings(as: .error)]),
    ],
    swiftLanguageModes: [.v6]
)
