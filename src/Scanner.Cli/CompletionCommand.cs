using System.CommandLine;

namespace Scanner.Cli;

/// <summary>
/// <c>scanner completion SHELL</c>: prints what makes a shell complete our command lines. The scripts know no command themselves: they ask the
/// program with System.CommandLine's directive <c>[suggest:POSITION]</c>, so they never go stale.
/// </summary>
internal static class CompletionCommand
{
    private static readonly Dictionary<string, string> _scripts = new()
    {
        ["bash"] = """
            # bash: put this into ~/.bashrc:   eval "$(scanner completion bash)"
            _scanner_complete() {
                local IFS=$'\n'
                COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _scanner_complete scanner
            """,
        ["zsh"] = """
            # zsh: put this into ~/.zshrc, below compinit:   eval "$(scanner completion zsh)"
            _scanner_complete() {
                local -a found
                found=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
                compadd -a found
                _files
            }
            compdef _scanner_complete scanner
            """,
        ["fish"] = """
            # fish: scanner completion fish > ~/.config/fish/completions/scanner.fish
            complete -c scanner -a '(scanner "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
            """,
        ["pwsh"] = """
            # PowerShell: put this into $PROFILE:   scanner completion pwsh | Out-String | Invoke-Expression
            Register-ArgumentCompleter -Native -CommandName scanner -ScriptBlock {
                param($wordToComplete, $commandAst, $cursorPosition)
                scanner "[suggest:$cursorPosition]" "$commandAst" 2>$null | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
                }
            }
            """,
    };

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh" };
        shell.AcceptOnlyFromAmong([.. _scripts.Keys]);
        var command = new Command("completion", "prints a script that makes a shell complete this program's commands and options; its first line says where to put it") { shell };
        command.SetAction(parsed => Console.WriteLine(_scripts[parsed.GetValue(shell)!]));
        return command;
    }
}
