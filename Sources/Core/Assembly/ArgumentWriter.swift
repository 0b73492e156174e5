/// A writer that keeps what decoders describe of a call until the call has ended.
///
/// `CallAssembler` drives it: `begin`, then what is known at entry; perhaps `suspend` and, other calls later,
/// `resume`; then what the end tells; `end`. Between `end` and the next `begin` or `resume` it holds the whole of
/// the call: arguments, note and result.
public protocol ArgumentWriter: ValueWriter {
    /// Starts a call: nothing of the one before is left.
    func begin()
    /// Takes away what is known of a call at entry: another task's call comes between.
    func suspend() -> AnyObject
    /// Takes up a call that `suspend` took away.
    func resume(_ state: AnyObject)
    /// The arguments are complete.
    func end()
    /// What follows, up to `endResult`, is the result: a number and what it stands for.
    func beginResult()
    func endResult()
}
