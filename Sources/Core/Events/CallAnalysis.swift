/// How the calls of a trace go together: what rises and falls with what, and which calls are alike (`--hpu-analysis`).
public struct CallAnalysis: Sendable {
    /// What it speaks of, nanoseconds of `CLOCK_MONOTONIC`.
    public var from: UInt64 = 0
    public var to: UInt64 = 0
    /// Nanoseconds of one window, and how many there are from the first call to the last.
    public var window: UInt64 = 0
    public var windows = 0

    /// A quantity that has a value in each window.
    public struct Variable: Sendable, Equatable {
        public enum Quantity: String, Sendable, CaseIterable {
            /// Calls that ended in the window.
            case rate
            /// Their mean duration; windows without such a call have none.
            case latency
        }
        public var call: String
        public var quantity: Quantity
        public init(call: String, quantity: Quantity) {
            self.call = call
            self.quantity = quantity
        }
    }
    /// The rates of calls, then their latencies, in the same order: the call that took longest in all first.
    public var variables: [Variable] = []
    /// Pearson's coefficients of each two variables, over the windows in which both have a value; nil where these are
    /// fewer than three or do not vary.
    public var correlations: [[Double?]] = []

    /// A call, by what k-means sees of it.
    public struct Point: Sendable, Equatable {
        public var call: String
        /// In the order of `features`, as measured.
        public var values: [Double]
        /// Index of its cluster.
        public var cluster = 0
        /// How much nearer its own cluster is than the next, from -1 to 1; nil if there is one cluster only.
        public var silhouette: Double?
        public init(call: String, values: [Double]) {
            self.call = call
            self.values = values
        }
    }
    public static let features = ["calls", "mean_us", "variation", "error_share", "active_share"]
    public var points: [Point] = []
    /// Clusters, 0 if there is no call.
    public var clusterCount = 0
    /// The mean silhouette of each number of clusters that was tried; the greatest decides.
    public var silhouettes: [(clusters: Int, value: Double)] = []
    /// What the random starts of k-means were drawn from.
    public var seed: UInt64 = 1

    public init() {}

    /// The mean silhouette of the clusters chosen; nil if there is one only.
    public var silhouette: Double? { silhouettes.first { $0.clusters == clusterCount }?.value }
}
