import Glibc

/// bench-hot NAME TIMES: runs one of the functions that every request or session goes through, so many times, inside
/// `weir_measured`, by which `Benchmarks/instructions` tells it from its preparation. bench-hot alone prints the names.
@main
struct HotFunctions {
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        guard let name = arguments.first else {
            for function in functions { print(function.name) }
            return
        }
        guard let function = functions.first(where: { $0.name == name }),
            let times = arguments.dropFirst().first.flatMap({ Int($0) }), times > 0
        else {
            let usage = "usage: bench-hot [NAME TIMES]\n"
            _ = usage.withCString { write(STDERR_FILENO, $0, usage.utf8.count) }
            exit(64)
        }
        let work = function.prepare()
        // What is made once, by whoever comes first, is none of the function's own.
        for number in 0..<function.inputs { work(number) }
        run(work, times)
    }
}

/// A function and what it is run on.
struct HotFunction {
    /// One word, the key of its count.
    let name: String
    /// How many inputs there are; they take turns.
    let inputs: Int
    /// Makes the inputs, and returns what is to be measured: the run with that number.
    let prepare: () -> (Int) -> Void

    init<Inputs: RandomAccessCollection>(_ name: String, _ inputs: Inputs, _ body: @escaping (Inputs.Element) -> Void)
    where Inputs.Index == Int {
        self.name = name
        self.inputs = inputs.count
        prepare = { { body(inputs[inputs.startIndex + $0 % inputs.count]) } }
    }
}

/// What is counted: its name is asked for.
@inline(never) @_silgen_name("weir_measured")
private func run(_ work: (Int) -> Void, _ times: Int) { for number in 0..<times { work(number) } }

/// Keeps the optimiser from leaving out what nobody looks at.
@inline(never) @_optimize(none)
func keep<Value>(_ value: Value) {}
