"""The script for PowerShell (5.1 and 7): tables, and one block that looks into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from .program import MADE_BY, SCHEMES, Named, Option, Program, Takes, filled, first_sentence
from .shell import powershell_quoted

_KINDS: Final = {
    Takes.NOTHING: "",
    Takes.TEXT: "Text",
    Takes.FILE: "File",
    Takes.AT_FILE: "AtFile",
    Takes.CODE: "Code",
    Takes.ANY_CODE: "AnyCode",
    Takes.URL: "Url",
    Takes.FILE_OR_URL: "Url",
    Takes.SCENARIO: "Scenario",
}

_SCRIPT: Final = r"""# PowerShell completion for wscli. @MADE_BY@
# In $PROFILE: wscli completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName wscli -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commands = [ordered]@{
@COMMANDS@
    }
    $codes = [ordered]@{
@CODES@
    }
    $neverSent = [ordered]@{
@NEVER_SENT@
    }
    $scenarios = [ordered]@{
@SCENARIOS@
    }
    # command -> its options: spellings, what follows (a kind, or choices), help
    $options = @{
@OPTIONS@
    }
    $arguments = @{
@ARGUMENTS@
    }

    function Offer([string] $value, [string] $meaning, [string] $kind) {
        if (-not $value.StartsWith($wordToComplete, [StringComparison]::Ordinal)) { return }
        if (-not $meaning) { $meaning = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, $kind, $meaning)
    }

    function OfferTable($table, [string] $before) {
        foreach ($entry in $table.GetEnumerator()) {
            Offer ($before + $entry.Key) $entry.Value 'ParameterValue'
        }
    }

    function OfferUrls {
        if ($wordToComplete.StartsWith('demo:', [StringComparison]::Ordinal)) {
            OfferTable $scenarios 'demo:'
            return
        }
        $folder = $env:XDG_STATE_HOME
        if (-not ($folder -and [IO.Path]::IsPathRooted($folder))) { $folder = Join-Path $HOME '.local/state' }
        $file = Join-Path (Join-Path $folder 'wscli') 'urls'
        if (Test-Path -LiteralPath $file -PathType Leaf) {
            foreach ($url in [IO.File]::ReadAllLines($file)) {
                # What a shell could take for its own is none that wscli wrote; a comma ends a word here.
                if ($url -cnotmatch '^wss?://[A-Za-z0-9:/._~%+=@\[\]-]+$') { continue }
                Offer $url 'recent' 'ParameterValue'
            }
        }
        $file = $env:WSCLI_CONFIG
        if (-not $file) {
            $folder = if ($env:APPDATA) { $env:APPDATA } else { $env:XDG_CONFIG_HOME }
            if (-not ($folder -and [IO.Path]::IsPathRooted($folder))) { $folder = Join-Path $HOME '.config' }
            $file = Join-Path (Join-Path $folder 'wscli') 'config.toml'
        }
        if (Test-Path -LiteralPath $file -PathType Leaf) {
            foreach ($line in [IO.File]::ReadAllLines($file)) {
                if ($line -cnotmatch '^\s*\[profiles\."?([A-Za-z0-9_-]+)"?\]') { continue }
                # A bare @ would splat.
                Offer ("'@" + $Matches[1] + "'") 'profile' 'ParameterValue'
            }
        }
        foreach ($scheme in @SCHEMES@) { Offer $scheme $scheme 'ParameterValue' }
    }

    # Where nothing is offered PowerShell completes file names by itself.
    function OfferKind($takes) {
        if ($takes -is [array]) {
            foreach ($choice in $takes) {
                Offer $choice $choice 'ParameterValue'
                # Behind a choice that ends in = stands a file.
                if (-not $choice.EndsWith('=')) { continue }
                if (-not $wordToComplete.StartsWith($choice, [StringComparison]::Ordinal)) { continue }
                $typed = $wordToComplete.Substring($choice.Length)
                foreach ($path in Get-ChildItem -Path "$typed*" -ErrorAction SilentlyContinue) {
                    $parent = Split-Path $typed
                    $name = if ($parent) { Join-Path $parent $path.Name } else { $path.Name }
                    $value = if ($name -match '[\s'';]') { "'" + $choice + $name.Replace("'", "''") + "'" }
                    else { $choice + $name }
                    [System.Management.Automation.CompletionResult]::new(
                        $value, $path.Name, 'ParameterValue', $path.FullName)
                }
            }
            return
        }
        switch ($takes) {
            'Code' { OfferTable $codes '' }
            'AnyCode' { OfferTable $codes ''; OfferTable $neverSent '' }
            'Url' { OfferUrls }
            'Scenario' { OfferTable $scenarios '' }
            'AtFile' {
                if ($wordToComplete -match '^([''"]?)@(?!@)(.*)$') {
                    $typed = $Matches[2].TrimEnd("'", '"')
                    foreach ($path in Get-ChildItem -Path "$typed*" -ErrorAction SilentlyContinue) {
                        $parent = Split-Path $typed
                        $name = if ($parent) { Join-Path $parent $path.Name } else { $path.Name }
                        # A bare @ would splat.
                        $quoted = "'@" + $name.Replace("'", "''") + "'"
                        [System.Management.Automation.CompletionResult]::new(
                            $quoted, $path.Name, 'ParameterValue', $path.FullName)
                    }
                }
            }
        }
    }

    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { $_.Extent.Text })
    $command = if ($words.Count -gt 1) { $words[1] } else { '' }
    if (-not $options.ContainsKey($command)) { $command = '' }

    $last = $words[-1]
    foreach ($option in $options[$command]) {
        if ($option.Flags -ccontains $last -and $option.Takes) {
            OfferKind $option.Takes
            return
        }
    }
    if ($wordToComplete.StartsWith('-')) {
        foreach ($option in $options[$command]) {
            foreach ($flag in $option.Flags) { Offer $flag $option.Help 'ParameterName' }
        }
    } elseif (-not $command) {
        foreach ($entry in $commands.GetEnumerator()) { Offer $entry.Key $entry.Value 'Command' }
    } else {
        OfferKind $arguments[$command]
    }
}
"""


def powershell_script(program: Program) -> str:
    """The completion script for PowerShell."""
    tables = {
        "MADE_BY": MADE_BY,
        "COMMANDS": _table(Named(command.name, command.summary) for command in program.commands),
        "CODES": _table(program.codes),
        "NEVER_SENT": _table(program.never_sent),
        "SCENARIOS": _table(program.scenarios),
        "OPTIONS": "\n".join(_options(program)),
        "ARGUMENTS": "\n".join(_arguments(program)),
        "SCHEMES": ", ".join(map(powershell_quoted, SCHEMES)),
    }
    return filled(_SCRIPT, tables)


def _table(values: Iterable[Named]) -> str:
    return "\n".join(
        f"        {powershell_quoted(named.value)} = {powershell_quoted(first_sentence(named.meaning))}"
        for named in values
    )


def _options(program: Program) -> Iterator[str]:
    for name, options in (
        ("", program.options),
        *((found.name, found.options) for found in program.commands),
    ):
        yield f"        {powershell_quoted(name)} = @("
        yield from map(_option, options)
        yield "        )"


def _option(option: Option) -> str:
    flags = ", ".join(map(powershell_quoted, option.flags))
    meaning = powershell_quoted(first_sentence(option.help))
    takes = _takes(option.takes, option.choices)
    return f"            @{{ Flags = @({flags}); Takes = {takes}; Help = {meaning} }}"


def _takes(takes: Takes, choices: tuple[str, ...]) -> str:
    if choices:
        return f"@({', '.join(map(powershell_quoted, choices))})"
    return powershell_quoted(_KINDS[takes])


def _arguments(program: Program) -> Iterator[str]:
    for command in program.commands:
        for argument in command.arguments[:1]:
            yield f"        {powershell_quoted(command.name)} = {_takes(argument.takes, argument.choices)}"
