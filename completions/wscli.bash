# bash completion for wscli. Made by `python -m scripts.update_completions`: change wscli/completion, not this file.
# Works in bash 3.2, and without the package bash-completion. Nothing but the shell runs on TAB.

# Sets `flags` to the options of the command $1; without one, to the program's own.
_wscli_flags() {
    case $1 in
        connect) flags='--send --send-binary -n --no-input --count --wait --duration --echo -0 --null --binary --whole --delimiter --ping-interval --ping-timeout --reconnect --max-retries --max-backoff --exit-on-close --no-history --ring --expect-status --expect-header --expect-subprotocol --expect-extension --expect-tls-days --expect-close --expect --expect-json --expect-count --expect-binary --reject --within -H --header -s --subprotocol -u --auth --user --bearer --cookie --cookie-jar --netrc -o --origin --user-agent --compression --server-no-context-takeover --client-no-context-takeover --server-max-window-bits --client-max-window-bits --extension -L --location --format --json -q --quiet -v --verbose --frames --color --show-secrets --timeout --connect-timeout --close-timeout --max-size --ok-close -k --insecure --cacert --cert --key --servername --tls-min --proxy --no-proxy --resolve --connect-to --unix-socket -4 --ipv4 -6 --ipv6 -h --help' ;;
        handshake) flags='--expect-status --expect-header --expect-subprotocol --expect-extension --expect-tls-days -H --header -s --subprotocol -u --auth --user --bearer --cookie --cookie-jar --netrc -o --origin --user-agent --compression --server-no-context-takeover --client-no-context-takeover --server-max-window-bits --client-max-window-bits --extension -L --location --format --json -q --quiet -v --verbose --frames --color --show-secrets --timeout --connect-timeout --close-timeout --max-size --ok-close -k --insecure --cacert --cert --key --servername --tls-min --proxy --no-proxy --resolve --connect-to --unix-socket -4 --ipv4 -6 --ipv6 -h --help' ;;
        ping) flags='-c --count -i --interval -W --wait --payload --size --max-rtt --max-loss --expect-status --expect-header --expect-subprotocol --expect-extension --expect-tls-days -H --header -s --subprotocol -u --auth --user --bearer --cookie --cookie-jar --netrc -o --origin --user-agent --compression --server-no-context-takeover --client-no-context-takeover --server-max-window-bits --client-max-window-bits --extension -L --location --format --json -q --quiet -v --verbose --frames --color --show-secrets --timeout --connect-timeout --close-timeout --max-size --ok-close -k --insecure --cacert --cert --key --servername --tls-min --proxy --no-proxy --resolve --connect-to --unix-socket -4 --ipv4 -6 --ipv6 -h --help' ;;
        close) flags='--code --reason --force --expect-status --expect-header --expect-subprotocol --expect-extension --expect-tls-days --expect-close -H --header -s --subprotocol -u --auth --user --bearer --cookie --cookie-jar --netrc -o --origin --user-agent --compression --server-no-context-takeover --client-no-context-takeover --server-max-window-bits --client-max-window-bits --extension -L --location --format --json -q --quiet -v --verbose --frames --color --show-secrets --timeout --connect-timeout --close-timeout --max-size --ok-close -k --insecure --cacert --cert --key --servername --tls-min --proxy --no-proxy --resolve --connect-to --unix-socket -4 --ipv4 -6 --ipv6 -h --help' ;;
        check) flags='-j --jobs --only --fail-fast --report --init --schema --timeout --format --json -q --quiet -v --verbose --color --show-secrets -h --help' ;;
        serve) flags='--host --port -h --help' ;;
        config) flags='--init -H --header -s --subprotocol -u --auth --user --bearer --cookie --cookie-jar --netrc -o --origin --user-agent --compression --server-no-context-takeover --client-no-context-takeover --server-max-window-bits --client-max-window-bits --extension -L --location --format --json -q --quiet -v --verbose --frames --color --show-secrets --timeout --connect-timeout --close-timeout --max-size --ok-close -k --insecure --cacert --cert --key --servername --tls-min --proxy --no-proxy --resolve --connect-to --unix-socket -4 --ipv4 -6 --ipv6 -h --help' ;;
        completion) flags='-h --help' ;;
        '') flags='-V --version -h --help' ;;
    esac
}

# Sets `takes` to what follows the option $2 of the command $1; fails for one that nothing follows.
_wscli_takes() {
    case $1:$2 in
        *:--send | *:--send-binary | *:--expect-binary | *:-H | *:--header | *:-u | *:--auth | *:--user | *:--bearer | *:--cookie) takes=at_file ;;
        *:--count | *:--wait | *:--duration | *:--ping-interval | *:--ping-timeout | *:--max-retries | *:--max-backoff | *:--ring | *:--expect-status | *:--expect-header | *:--expect-subprotocol | *:--expect-extension | *:--expect-tls-days | *:--expect | *:--expect-json | *:--expect-count | *:--reject | *:--within | *:-s | *:--subprotocol | *:-o | *:--origin | *:--user-agent | *:--server-max-window-bits | *:--client-max-window-bits | *:--extension | *:--timeout | *:--connect-timeout | *:--close-timeout | *:--max-size | *:--servername | *:--proxy | *:--resolve | *:--connect-to | *:-c | *:-i | *:--interval | *:-W | *:--payload | *:--size | *:--max-rtt | *:--max-loss | *:--reason | *:-j | *:--jobs | *:--only | *:--host | *:--port) takes=text ;;
        *:--delimiter) takes=choice values=(newline nul none) ;;
        *:--expect-close) takes=any_code ;;
        *:--cookie-jar | *:--cacert | *:--cert | *:--key | *:--unix-socket) takes=file ;;
        *:--compression) takes=choice values=(deflate none) ;;
        connect:--format | handshake:--format | ping:--format | close:--format | config:--format) takes=choice values=(human plain raw json) ;;
        check:--format) takes=choice values=(human plain json) ;;
        *:--color) takes=choice values=(auto always never) ;;
        *:--ok-close | *:--code) takes=code ;;
        *:--tls-min) takes=choice values=(1.0 1.1 1.2 1.3) ;;
        *:--report) takes=kind_file values=(junit= tap= json= markdown= github prometheus=) ;;
        *) return 1 ;;
    esac
}

# Sets `takes` to what the argument number $2 (from 0) of the command $1 is; fails where none is.
_wscli_argument() {
    case $1:$2 in
        connect:0) takes=url ;;
        handshake:0) takes=url ;;
        ping:0) takes=url ;;
        close:0) takes=url ;;
        check:*) takes=file_or_url ;;
        serve:0) takes=scenario ;;
        config:0) takes=text ;;
        completion:0) takes=choice values=(bash zsh fish powershell) ;;
        *) return 1 ;;
    esac
}

# Offers each of "$@" ("VALUE" or "VALUE MEANING") that begins with $cur. bash replaces only what stands after
# the last character that breaks words for it ($broken is what stands before).
_wscli_offer() {
    local entry value meaning text
    local -a values=() meanings=()
    for entry; do
        value=${entry%% *}
        [[ $value == "$cur"* ]] || continue
        meaning=
        [[ $entry == *' '* ]] && meaning=${entry#* }
        values[${#values[@]}]=${value:${#broken}}
        meanings[${#meanings[@]}]=$meaning
    done
    # A list shows what values mean; what is put into the line (one match, menu-complete) does not.
    local i lists=
    ((${#values[@]} > 1)) && [[ ${COMP_TYPE-} != 37 && ${COMP_TYPE-} != 42 ]] && lists=1
    for ((i = 0; i < ${#values[@]}; i++)); do
        text=${values[i]}
        if [[ $lists && ${meanings[i]} ]]; then
            text="$text  (${meanings[i]})"
            text=${text:0:$((${COLUMNS:-80} - 2))}
        fi
        COMPREPLY[${#COMPREPLY[@]}]=$text
    done
}

# The cursor stays behind what the user goes on typing.
_wscli_stay() {
    compopt -o nospace 2>/dev/null
}

# Offers files.
_wscli_files() {
    local file
    compopt -o filenames 2>/dev/null
    while IFS= read -r file; do
        COMPREPLY[${#COMPREPLY[@]}]=${file:${#broken}}
    done < <(compgen -f -- "${cur//\\/}")
}

# Offers files after `@`. For readline these are no file names: quotes and slashes are up to us.
_wscli_at_files() {
    local file name=${cur:1}
    [[ $cur == @* && $cur != @@* ]] || return
    while IFS= read -r file; do
        [[ -d $file ]] && file+=/
        [[ $quote ]] || printf -v file %q "$file"
        file=@$file
        COMPREPLY[${#COMPREPLY[@]}]=${file:${#broken}}
    done < <(compgen -f -- "${name//\\/}")
    if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == */ ]]; then _wscli_stay; fi
}

# Offers `values`, and files behind one that ends in `=`.
_wscli_kind_file() {
    local file
    if [[ $cur == *=* ]]; then
        compopt -o filenames 2>/dev/null
        while IFS= read -r file; do
            file=${cur%%=*}=$file
            COMPREPLY[${#COMPREPLY[@]}]=${file:${#broken}}
        done < <(compgen -f -- "${cur#*=}")
        return
    fi
    _wscli_offer "${values[@]}"
    if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *= ]]; then _wscli_stay; fi
}

# Sets `codes` and `never_sent`, the close codes and those that only stand for what happened.
_wscli_codes() {
    codes=(
        '1000 Normal Closure'
        '1001 Going Away'
        '1002 Protocol Error'
        '1003 Unsupported Data'
        '1007 Invalid Frame Payload Data'
        '1008 Policy Violation'
        '1009 Message Too Big'
        '1010 Mandatory Extension'
        '1011 Internal Error'
        '1012 Service Restart'
        '1013 Try Again Later'
        '1014 Bad Gateway'
        '3000 Unauthorized'
        '3003 Forbidden'
        '3008 Timeout'
    )
    never_sent=(
        '1004 Reserved'
        '1005 No Status Received'
        '1006 Abnormal Closure'
        '1015 TLS Handshake'
    )
}

# Offers the scenarios of the embedded server, $1 before each.
_wscli_scenarios() {
    local -a scenarios=(
        'echo echoes text and binary as received'
        'hello greets the name you send, closes with 1000 Bye! five seconds later'
        'chat broadcasts each message, cut to 50 characters, to every client'
        'ticker sends a JSON message every 100 ms'
        'reject refuses the handshake: 403 with a JSON body'
        'close closes at once: close?code=4001&reason=nope'
        'fragments sends and echoes in fragments, pings between them'
        'ping pings every 200 ms, and echoes'
        'silent accepts, then never answers anything, not even Close'
        'flood sends messages as fast as it can: flood?count=100000&size=100'
    )
    _wscli_offer "${scenarios[@]/#/$1}"
}

# Adds `@NAME` for each profile of the configuration file to `urls`.
_wscli_profiles() {
    local line file=${XDG_CONFIG_HOME-} section='^[[:space:]]*\[profiles\."?([A-Za-z0-9_-]+)"?\]'
    [[ $file == /* ]] || file=$HOME/.config
    file=${WSCLI_CONFIG:-$file/wscli/config.toml}
    [[ -f $file && -r $file ]] || return 0
    while IFS= read -r line; do
        [[ $line =~ $section ]] && urls[${#urls[@]}]=@${BASH_REMATCH[1]}
    done <"$file"
}

_wscli_urls() {
    local url file=${XDG_STATE_HOME-} plain='^wss?://[]A-Za-z0-9:/._~%+=@,[-]+$'
    if [[ $cur == demo:* ]]; then
        _wscli_scenarios demo:
        return
    fi
    [[ $file == /* ]] || file=$HOME/.local/state
    local -a urls=()
    _wscli_profiles
    if [[ -r $file/wscli/urls ]]; then
        while IFS= read -r url; do
            [[ $url =~ $plain ]] && urls[${#urls[@]}]=$url
        done <"$file/wscli/urls"
    fi
    for url in wss:// ws:// https:// http:// demo:; do
        [[ $url != "$cur" ]] && urls[${#urls[@]}]=$url
    done
    _wscli_offer "${urls[@]}"
    if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *// || ${COMPREPLY[0]} == demo: ]]; then
        _wscli_stay
    fi
}

# Offers what `takes` says.
_wscli_value() {
    local -a codes=() never_sent=()
    case $takes in
        choice) _wscli_offer "${values[@]}" ;;
        kind_file) _wscli_kind_file ;;
        file) _wscli_files ;;
        at_file) _wscli_at_files ;;
        code) _wscli_codes && _wscli_offer "${codes[@]}" ;;
        any_code) _wscli_codes && _wscli_offer "${codes[@]}" "${never_sent[@]}" ;;
        url) _wscli_urls ;;
        file_or_url)
            _wscli_files
            if ((${#COMPREPLY[@]} == 0)); then
                compopt +o filenames 2>/dev/null
                _wscli_urls
            fi
            ;;
        scenario) _wscli_scenarios '' ;;
    esac
}

# Sets `words` to the words up to the cursor. bash breaks them at `:`, `=` and `@` too: what touches in
# COMP_LINE is one word.
_wscli_words() {
    local rest=${COMP_LINE:0:COMP_POINT} word i
    for ((i = 0; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((i == 0)) || [[ -z $rest || $rest == [[:space:]]* ]]; then
            words[${#words[@]}]=
        fi
        while [[ $rest == [[:space:]]* ]]; do rest=${rest#?}; done
        ((i == COMP_CWORD)) && word=$rest
        words[${#words[@]} - 1]+=$word
        rest=${rest#"$word"}
    done
}

_wscli() {
    local IFS=$' \t\n' cur broken='' quote='' command='' takes='' flags='' word i count=0 ended=''
    local -a words=() values=()
    COMPREPLY=()
    _wscli_words
    local last=$((${#words[@]} - 1))
    cur=${words[last]}
    for ((i = 1; i < last; i++)); do
        word=${words[i]}
        if [[ -z $command ]]; then
            [[ $word == -* ]] || command=$word
        elif [[ $word == -- && -z $ended ]]; then
            ended=1
        elif [[ $word == -?* && -z $ended ]]; then
            # The value may be the one to complete: then `takes` stays set.
            [[ $word != *=* ]] && _wscli_takes "$command" "$word" && ((++i == last)) && break
            takes=
        else
            ((++count))
        fi
    done
    if [[ -z $takes && -z $ended && $cur == --*=* ]]; then
        _wscli_takes "$command" "${cur%%=*}" || return
        # Only where `=` breaks words is what stands before it no part of what is replaced.
        [[ $COMP_WORDBREAKS == *=* ]] || return
        cur=${cur#*=}
    fi
    case $cur in
        # In quotes nothing breaks a word.
        \'* | \"*) quote=1 cur=${cur#?} ;;
        *)
            local mark before
            for mark in : = @; do
                [[ $COMP_WORDBREAKS == *"$mark"* && $cur == *"$mark"* ]] || continue
                before=${cur%"$mark"*}
                # `@` begins the word that it breaks (readline's special prefixes).
                [[ $mark == @ ]] || before+=$mark
                ((${#before} > ${#broken})) && broken=$before
            done
            ;;
    esac
    if [[ -n $takes ]]; then
        _wscli_value
    elif [[ $cur == -* && -z $ended ]]; then
        _wscli_flags "$command"
        _wscli_offer $flags
    elif [[ -z $command ]]; then
        local -a commands=(
            'connect Open a session: type and read messages, or pipe them'
            'handshake Open, dissect the opening handshake, close'
            'ping Measure WebSocket round-trip times, like ping(8)'
            'close Perform and judge the closing handshake'
            'check Run suites of checks, for CI and monitoring'
            'serve Run the embedded server with a demo scenario'
            'config Show what the options are, and who said so'
            'completion Print the completion script for a shell'
        )
        _wscli_offer "${commands[@]}"
    elif _wscli_argument "$command" "$count"; then
        _wscli_value
    fi
}

complete -F _wscli wscli
