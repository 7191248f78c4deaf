using System.Diagnostics;
using System.Globalization;
using Scanner.Write;

namespace Scanner.Tests.Resume;

/// <summary>What a night has in store: each ends with a clear message and a run that can be gone on with.</summary>
public sealed class FailureTests : IDisposable
{
    private const int Hangup = 1, Interrupt = 2, Kill = 9, Terminate = 15;

    private readonly TemporaryFolder _folder = new();

    private string Run => _folder.Path("run");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Terminate, 1)]
    [InlineData(Interrupt, 1)]
    [InlineData(Hangup, 1)]
    [InlineData(Interrupt, 2)]
    public async Task A_signal_stops_the_run_and_it_goes_on(int signal, int times)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no POSIX signals");
        await using var processes = new ScanProcesses(_folder, names: 500);
        var (exit, error) = await ScanProcesses.RunAsync(processes.Arguments(Run, "--qps", "500"), async process =>
        {
            await ScanProcesses.FirstPartAsync(Run, process);
            for (int i = 0; i < times && !process.HasExited; i++)
            {
                ScanProcesses.Signal(process, signal);
                await Task.Delay(50);
            }
        });
        Assert.Equal(1, exit);
        // The second one ends the process at once: it has time for no more than the first one's message.
        Assert.Contains(times == 1 ? "not complete" : "stopping", error, StringComparison.Ordinal);
        await ResumeAsync(processes);
    }

    [Fact]
    public async Task Nobody_listens_any_more_and_the_run_goes_on()
    {
        await using var processes = new ScanProcesses(_folder, names: 200);
        using var process = ScanProcesses.Start([.. processes.Arguments(Run).Select(word => word == "none" ? "json" : word)]);
        process.StandardError.Close();
        process.StandardOutput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, process.ExitCode);
        processes.ExpectEveryNameOnce(Run);
    }

    [Fact]
    public async Task A_second_process_on_the_same_folder_is_refused_and_one_on_another_does_not_disturb()
    {
        await using var processes = new ScanProcesses(_folder, names: 500);
        string other = _folder.Path("other");
        var (exit, _) = await ScanProcesses.RunAsync(processes.Arguments(Run, "--qps", "1000"), async first =>
        {
            await ScanProcesses.FirstPartAsync(Run, first);
            await ScanProcesses.WhileStoppedAsync(first, async () =>
            {
                var second = await ScanProcesses.RunAsync(processes.Arguments(Run, "--resume"));
                Assert.Equal(2, second.Exit);
                Assert.Contains("another scanner process", second.Error, StringComparison.Ordinal);
            });
            // Both at work.
            Assert.Equal(0, (await ScanProcesses.RunAsync(processes.Arguments(other))).Exit);
        });
        Assert.Equal(0, exit);
        processes.ExpectEveryNameOnce(Run);
        processes.ExpectEveryNameOnce(other);
    }

    [Fact]
    public async Task The_disk_fills_up_in_mid_run()
    {
        await using var processes = new ScanProcesses(_folder, names: 500);
        using var disk = SmallDisk.Mount(_folder.Path("disk"), megabytes: 24);
        string run = Path.Combine(disk.Path, "run"), filler = Path.Combine(disk.Path, "filler");
        var (exit, error) = await ScanProcesses.RunAsync(processes.Arguments(run, "--qps", "500"), async process =>
        {
            await ScanProcesses.FirstPartAsync(run, process);
            SmallDisk.Fill(filler);
        });
        Assert.Equal(1, exit);
        Assert.Contains("No space left on device", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        File.Delete(filler);
        Assert.Equal(0, (await ScanProcesses.RunAsync(processes.Arguments(run, "--resume"))).Exit);
        processes.ExpectEveryNameOnce(run);
    }

    [Fact]
    public async Task Too_little_room_is_said_before_anything_is_done()
    {
        await using var processes = new ScanProcesses(_folder, names: 200);
        using var disk = SmallDisk.Mount(_folder.Path("disk"), megabytes: 8);
        string run = Path.Combine(disk.Path, "run");
        var (exit, error) = await ScanProcesses.RunAsync(processes.Arguments(run));
        Assert.Equal(2, exit);
        Assert.Contains("MB are free", error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(run));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written()
    {
        await using var processes = new ScanProcesses(_folder, names: 200);
        using var disk = SmallDisk.Mount(_folder.Path("disk"), megabytes: 24, readOnly: true);
        var (exit, error) = await ScanProcesses.RunAsync(processes.Arguments(Path.Combine(disk.Path, "run")));
        Assert.Equal(2, exit);
        Assert.Contains("Read-only file system", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(90)]
    [InlineData(320)]
    public async Task Few_file_descriptors(int limit)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no ulimit");
        await using var processes = new ScanProcesses(_folder, names: 200);
        var (exit, error) = await ScanProcesses.RunAsync(processes.Arguments(Run), shell: $"ulimit -n {limit}; exec \"$@\"");
        if (limit < 300)
        {
            // Half of what a scan opens are the program's own libraries: it must be said before the first of them is missing.
            Assert.Equal(2, exit);
            Assert.Contains("open files", error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Run));
            return;
        }
        Assert.Equal(0, exit);
        processes.ExpectEveryNameOnce(Run);
    }

    [Fact]
    public async Task No_file_descriptor_is_left_in_mid_run()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "prlimit(2) is Linux's");
        await using var processes = new ScanProcesses(_folder, names: 500);
        var (exit, error) = await ScanProcesses.RunAsync(processes.Arguments(Run, "--qps", "500"), async process =>
        {
            await ScanProcesses.FirstPartAsync(Run, process);
            // Fewer than it has open: nothing can be opened any more, the next part least of all.
            ScanProcesses.LimitOpenFiles(process, 16);
        });
        // Whoever needs a file first: mostly the writer of the next part, which says so. Or it is the runtime, for a library; it calls that
        // "out of memory" and aborts (134), and nothing of ours can say more.
        Assert.True((exit == 1 && error.Contains("Too many open files", StringComparison.Ordinal)) || (exit == 134 && error.Contains("Out of memory", StringComparison.Ordinal)), $"exit {exit}: {error}");
        await ResumeAsync(processes);
    }

    [Fact]
    public async Task The_terminal_is_closed_in_mid_run_and_the_run_goes_on()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "a terminal of our own needs script(1) of util-linux");
        await using var processes = new ScanProcesses(_folder, names: 500);
        // The live display, on a terminal that belongs to the process `script`.
        string[] arguments = [.. processes.Arguments(Run, "--qps", "500").Select(word => word == "none" ? "rich" : word)];
        string command = string.Join(' ', arguments.Prepend(ScannerProcess.Program).Prepend("exec dotnet").Select((word, i) => i == 0 ? word : $"'{word}'"));
        using var terminal = Process.Start(new ProcessStartInfo("/usr/bin/script", ["-q", "-e", "-c", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        await ScanProcesses.FirstPartAsync(Run, terminal);
        // Who holds the lock has written its number into it. Read by a program that does not know of locks.
        string holder = (await ScanProcesses.OutputAsync("cat", RunFolder.Open(Run).LockPath)).Split(' ')[1];
        using var scanner = Process.GetProcessById(int.Parse(holder, CultureInfo.InvariantCulture));
        ScanProcesses.Signal(terminal, Kill);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await scanner.WaitForExitAsync(patience.Token);
        var manifest = RunFolder.Open(Run).LoadManifest();
        Assert.Equal((false, "stopped by a signal"), (manifest.Complete, manifest.InterruptedReason));
        await ResumeAsync(processes);
    }

    [Fact]
    public async Task A_run_is_gone_on_with_on_a_disk_that_has_become_read_only()
    {
        using var disk = SmallDisk.Mount(_folder.Path("disk"), megabytes: 24);
        string run = Path.Combine(disk.Path, "run");
        await using var world = new CrashRun();
        await world.ScanAsync(run);
        disk.Remount("ro");
        var error = await Assert.ThrowsAsync<RunFolderException>(() => world.ScanAsync(run, resume: true));
        Assert.Contains("Read-only file system", error.Message, StringComparison.Ordinal);
        disk.Remount("rw");
        Assert.Null((await world.ScanAsync(run, resume: true)).StoppedBecause);
        CrashRun.ExpectEveryNameOnce(run);
    }

    private async Task ResumeAsync(ScanProcesses processes)
    {
        Assert.Equal(0, (await ScanProcesses.RunAsync(processes.Arguments(Run, "--resume"))).Exit);
        processes.ExpectEveryNameOnce(Run);
    }

    /// <summary>A file system of a few megabytes in memory; needs root.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private SmallDisk(string path) => Path = path;

        public string Path { get; }

        public static SmallDisk Mount(string path, int megabytes, bool readOnly = false)
        {
            Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "mounting a small disk needs Linux and root");
            Directory.CreateDirectory(path);
            Assert.SkipUnless(Tool("mount", "-t", "tmpfs", "-o", $"size={megabytes}m{(readOnly ? ",ro" : "")}", "tmpfs", path) == 0, "this system does not let us mount a tmpfs");
            return new SmallDisk(path);
        }

        public static void Fill(string file)
        {
            using var filler = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
            byte[] block = new byte[4096];
            try
            {
                while (true) filler.Write(block);
            }
            catch (IOException)
            {
                // Full, as wanted.
            }
        }

        /// <param name="mode"><c>ro</c> or <c>rw</c>.</param>
        public void Remount(string mode) => Assert.Equal(0, Tool("mount", "-o", $"remount,{mode}", Path));

        public void Dispose() => Tool("umount", "-l", Path);

        private static int Tool(string name, params string[] arguments)
        {
            using var process = Process.Start(name, arguments);
            process.WaitForExit();
            return process.ExitCode;
        }
    }
}
