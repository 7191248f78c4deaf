namespace Scanner.Input;

/// <summary>A list that cannot be used. The message stands alone: it names the file, the line where there is one, what is wrong and what to
/// do. It ends the run before anything was asked (exit status 2).</summary>
public sealed class InputException(string message, Exception? cause = null) : Exception(message, cause);
