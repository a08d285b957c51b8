// swift-tools-version: 6.2
import PackageDescription

/// Every target of ours: warnings fail the build, and a file imports what it uses.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let collections: Target.Dependency = .product(name: "Collections", package: "swift-collections")

/// What every service's Main stands on, beside its own Core.
let shell: [Target.Dependency] = [
    "WeirProtocol", "Transport", "Database", "Runtime", argumentParser, logging, lifecycle,
]

let package = Package(
    name: "Weir",
    products: [
        .executable(name: "collector", targets: ["collector"]),
        .executable(name: "detector", targets: ["detector"]),
        .executable(name: "throttle", targets: ["throttle"]),
        .executable(name: "reporter", targets: ["reporter"]),
        .library(name: "WeirProtocol", targets: ["WeirProtocol"]),
        .library(name: "WeirClient", targets: ["WeirClient"]),
        .library(name: "WeirCollecting", targets: ["CollectorCore"]),
        .library(name: "WeirDetection", targets: ["DetectorCore"]),
        .library(name: "WeirThrottling", targets: ["ThrottleCore"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibPQ", path: "Libraries/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(
            name: "CMaxMindDB", path: "Libraries/CMaxMindDB", pkgConfig: "libmaxminddb",
            providers: [.apt(["libmaxminddb-dev"])]),
        .systemLibrary(
            name: "CJansson", path: "Libraries/CJansson", pkgConfig: "jansson",
            providers: [.apt(["libjansson-dev"])]),
        .systemLibrary(name: "CZlib", path: "Libraries/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CPlatform", path: "Libraries/CPlatform"),

        .target(
            name: "WeirProtocol", dependencies: ["CJansson"], path: "Libraries/Protocol",
            exclude: ["PROTOCOL.md"], swiftSettings: strict, linkerSettings: [.linkedLibrary("m")]),
        .target(
            name: "Transport",
            dependencies: [
                "WeirProtocol", "CPlatform", logging, .product(name: "NIOHTTP1", package: "swift-nio"),
            ] + nio, path: "Libraries/Transport", swiftSettings: strict),
        .target(
            name: "Database", dependencies: ["CLibPQ"], path: "Libraries/Database", swiftSettings: strict),
        .target(
            name: "Runtime",
            dependencies: [
                "WeirProtocol", "CPlatform", "CZlib", logging, lifecycle,
                .product(name: "UnixSignals", package: "swift-service-lifecycle"), "Yams",
            ], path: "Libraries/Runtime", swiftSettings: strict),
        .target(
            name: "HTTPTransport",
            dependencies: [
                "WeirProtocol", "Transport", hummingbird, .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOHTTP1", package: "swift-nio"), logging, lifecycle,
            ] + nio, path: "Libraries/HTTPTransport", swiftSettings: strict),
        .target(
            name: "WeirClient", dependencies: ["WeirProtocol", "Transport", hummingbird, logging] + nio,
            path: "Libraries/Client", swiftSettings: strict),

        .target(
            name: "CollectorCore",
            dependencies: ["WeirProtocol", collections, .product(name: "Crypto", package: "swift-crypto")],
            path: "Services/collector/Core",
            resources: [.embedInCode("Referrer/hosts.txt"), .embedInCode("Referrer/spam.txt")], swiftSettings: strict),
        .executableTarget(
            name: "collector",
            dependencies: [
                "CollectorCore", "CMaxMindDB", "CPlatform", "HTTPTransport", hummingbird, "Yams",
                .product(name: "JWTKit", package: "jwt-kit"),
            ] + shell + nio, path: "Services/collector/Main", resources: [.embedInCode("Http/weir.js")],
            swiftSettings: strict),
        .target(
            name: "DetectorCore", dependencies: ["WeirProtocol", collections], path: "Services/detector/Core",
            swiftSettings: strict),
        .executableTarget(
            name: "detector", dependencies: ["DetectorCore", "CPlatform"] + shell + nio,
            path: "Services/detector/Main",
            swiftSettings: strict),
        .target(
            name: "ThrottleCore", dependencies: ["WeirProtocol", collections], path: "Services/throttle/Core",
            swiftSettings: strict),
        .executableTarget(
            name: "throttle",
            dependencies: [
                "ThrottleCore", .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
            ] + shell + nio, path: "Services/throttle/Main", swiftSettings: strict),
        .target(
            name: "ReporterCore", dependencies: ["WeirProtocol", collections], path: "Services/reporter/Core",
            swiftSettings: strict),
        .executableTarget(
            name: "reporter",
            dependencies: [
                "ReporterCore", "HTTPTransport", hummingbird, .product(name: "Crypto", package: "swift-crypto"),
            ] + shell + nio,
            path: "Services/reporter/Main",
            resources: ["page.html", "page.css", "page.js", "icon.svg"].map { .embedInCode("Page/\($0)") },
            swiftSettings: strict),

        .executableTarget(
            name: "site", dependencies: ["WeirClient", hummingbird, logging] + nio,
            path: "examples/hummingbird", swiftSettings: strict),
        .executableTarget(
            name: "traffic", dependencies: ["WeirProtocol", "WeirClient", argumentParser, logging] + nio,
            path: "examples/traffic", swiftSettings: strict),

        .testTarget(
            name: "ProtocolTests", dependencies: ["WeirProtocol", "CJansson"], path: "Tests/ProtocolTests",
            swiftSettings: strict),
        .testTarget(
            name: "TransportTests",
            dependencies: [
                "Transport", "HTTPTransport", "WeirProtocol", "WeirClient", hummingbird, logging,
                .product(name: "NIOEmbedded", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
            ] + nio,
            path: "Tests/TransportTests", swiftSettings: strict),
        .testTarget(
            name: "DatabaseTests", dependencies: ["Database", "PostgresSupport"], path: "Tests/DatabaseTests",
            swiftSettings: strict),
        .testTarget(
            name: "SchemaTests", dependencies: ["Database", "PostgresSupport"], path: "Tests/SchemaTests",
            swiftSettings: strict),
        .target(
            name: "PostgresSupport", dependencies: ["CPlatform", "Database"], path: "Tests/PostgresSupport",
            swiftSettings: strict),
        .testTarget(
            name: "RuntimeTests", dependencies: ["Runtime"], path: "Tests/RuntimeTests", swiftSettings: strict),
        .testTarget(
            name: "CollectorTests",
            dependencies: [
                "CollectorCore", "Database", "PostgresSupport", "WeirProtocol", "Transport", "Runtime", "collector",
                logging,
            ] + nio,
            path: "Tests/CollectorTests", swiftSettings: strict),
        .testTarget(
            name: "DetectorTests",
            dependencies: [
                "DetectorCore", "WeirProtocol", "Transport", "detector", "Database", "PostgresSupport", "Runtime",
                argumentParser, logging, lifecycle,
            ] + nio,
            path: "Tests/DetectorTests", swiftSettings: strict),
        .testTarget(
            name: "ThrottleTests",
            dependencies: [
                "ThrottleCore", "WeirProtocol", "Transport", "Runtime", "throttle", "Database", "PostgresSupport",
                logging,
            ]
                + nio,
            path: "Tests/ThrottleTests", swiftSettings: strict),
        .testTarget(
            name: "ReporterTests",
            dependencies: ["ReporterCore", "WeirProtocol", "reporter", "Database", "PostgresSupport"],
            path: "Tests/ReporterTests",
            swiftSettings: strict),
        .testTarget(
            name: "TrafficTests", dependencies: ["traffic", "WeirProtocol"], path: "Tests/TrafficTests",
            swiftSettings: strict),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "WeirProtocol", "Transport", "WeirClient", "Database", "PostgresSupport", "collector", "detector",
                "throttle", "reporter", "traffic", "site", logging,
            ] + nio, path: "Tests/SystemTests", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
