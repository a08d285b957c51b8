import ArgumentParser
import Hummingbird
import JWTKit

@main
struct Placeholder: ParsableCommand {}
