/// Two ways of doing one job, timed in turns so that what else the machine does falls on both.
struct Pair {
    let name: String
    /// Bytes of one line, for the table.
    let size: Int
    let tree: () -> Int
    let direct: () -> Int
}

/// One pair's figures, in nanoseconds per run.
struct Result {
    let name: String
    let size: Int
    let tree: Double
    let direct: Double
}

struct Stopwatch {
    let rounds: Int
    let roundTime: Duration

    /// The median over the rounds of each way.
    func measure(_ pair: Pair) -> Result {
        precondition(pair.tree() == pair.direct(), "\(pair.name): the two ways disagree")
        let batch = calibrate(pair.direct)
        var (tree, direct): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            tree.append(time(pair.tree, batch / 4 + 1))
            direct.append(time(pair.direct, batch))
        }
        return Result(name: pair.name, size: pair.size, tree: median(tree), direct: median(direct))
    }

    private func calibrate(_ work: () -> Int) -> Int {
        let trial = 2000
        let nanoseconds = max(time(work, trial), 1)
        return max(1, Int(Double(roundTime.components.attoseconds) / 1e9 / nanoseconds))
    }

    private func time(_ work: () -> Int, _ times: Int) -> Double {
        var sum = 0
        let spent = ContinuousClock().measure { for _ in 0..<times { sum &+= work() } }
        precondition(sum != .min)
        let (seconds, attoseconds) = spent.components
        return (Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(times)
    }

    private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
