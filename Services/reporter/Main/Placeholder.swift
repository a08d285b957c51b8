import ArgumentParser
import Hummingbird

@main
struct Placeholder: ParsableCommand {}
