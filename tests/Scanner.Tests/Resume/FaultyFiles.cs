using Scanner.Write;

namespace Scanner.Tests.Resume;

/// <summary>The process is gone: not an error that the program could handle.</summary>
public sealed class SimulatedCrashException() : Exception("the process ended here");

/// <summary>What happens at the chosen step.</summary>
public enum FaultKind
{
    /// <summary>The process is killed before the step; of a write to a log half the octets are in the file.</summary>
    Kill,
    /// <summary>The machine loses power before the step: what was not synced is gone, and so is the name of a file in a folder that was not.</summary>
    PowerLoss,
    /// <summary>This step and all later writes fail as they do on a full disk.</summary>
    DiskFull,
}

/// <summary>
/// A disk that fails at the n-th step. Steps are: make a file, its first write, every write to a log, sync, rename, sync of a folder, delete.
/// After a kill or a power loss every further step throws: a dead process writes nothing.
/// </summary>
internal sealed class FaultyFiles(FaultKind kind, int failAt) : RunFiles
{
    private readonly List<WatchedStream> _open = [];
    private readonly List<(string From, string To)> _unsyncedNames = [];
    private bool _dead;
    private bool _full;

    /// <summary>The steps so far: run once with a step that never comes to learn which there are.</summary>
    public List<string> Trace { get; } = [];

    /// <summary>What the chosen step was.</summary>
    public string? Failed { get; private set; }

    public override Stream Create(string path)
    {
        Step($"create {Path.GetFileName(path)}", writes: true);
        return Watch(base.Create(path), path, everyWrite: false);
    }

    public override Stream Append(string path, long keep)
    {
        Step($"append {Path.GetFileName(path)}", writes: true);
        return Watch(base.Append(path, keep), path, everyWrite: true);
    }

    public override void Sync(Stream file)
    {
        var watched = (WatchedStream)file;
        Step($"sync {Path.GetFileName(watched.Path)}", writes: true);
        base.Sync(watched.Inner);
        watched.Synced = watched.Inner.Length;
    }

    public override void Rename(string from, string to)
    {
        Step($"rename to {Path.GetFileName(to)}", writes: false);
        base.Rename(from, to);
        _unsyncedNames.Add((from, to));
    }

    public override void SyncFolder(string path)
    {
        Step($"sync folder {Path.GetFileName(path)}", writes: false);
        base.SyncFolder(path);
        _unsyncedNames.Clear();
    }

    public override void Delete(string path)
    {
        Step($"delete {Path.GetFileName(path)}", writes: false);
        base.Delete(path);
    }

    /// <summary>The step that comes now is a write that is torn in the middle.</summary>
    private bool Tears => kind == FaultKind.Kill && Trace.Count == failAt;

    private WatchedStream Watch(Stream inner, string path, bool everyWrite)
    {
        var watched = new WatchedStream(this, (FileStream)inner, path, everyWrite) { Synced = inner.Length };
        _open.Add(watched);
        return watched;
    }

    private void Step(string what, bool writes)
    {
        if (_dead) throw new SimulatedCrashException();
        if (_full && writes) throw new IOException("No space left on device");
        Trace.Add(what);
        if (Trace.Count - 1 != failAt) return;
        Failed = what;
        if (kind == FaultKind.DiskFull)
        {
            _full = true;
            if (writes) throw new IOException("No space left on device");
            return;
        }
        _dead = true;
        foreach (var file in _open) file.End(kind == FaultKind.PowerLoss);
        if (kind == FaultKind.PowerLoss)
            foreach (var (from, to) in Enumerable.Reverse(_unsyncedNames).Where(names => File.Exists(names.To))) File.Move(to, from, overwrite: true);
        throw new SimulatedCrashException();
    }

    private sealed class WatchedStream(FaultyFiles files, FileStream inner, string path, bool everyWrite) : Stream
    {
        private bool _written;

        public FileStream Inner => inner;

        public string Path => path;

        public long Synced { get; set; }

        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => true;
        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => inner.Position = value;
        }

        /// <summary>What was handed to the system stays after a kill; after a power loss only what was synced.</summary>
        public void End(bool powerLoss)
        {
            if (!inner.CanWrite) return;
            inner.Flush();
            if (powerLoss) inner.SetLength(Math.Min(inner.Length, Synced));
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

        public override void SetLength(long value) => inner.SetLength(value);

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (files._dead) throw new SimulatedCrashException();
            if (everyWrite || !_written)
            {
                _written = true;
                if (files.Tears) inner.Write(buffer[..(buffer.Length / 2)]);
                files.Step($"write {System.IO.Path.GetFileName(path)}", writes: true);
            }
            else if (files._full)
            {
                throw new IOException("No space left on device");
            }
            inner.Write(buffer);
        }

        public override void Flush()
        {
            if (!files._dead) inner.Flush();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
