# fish completion for wscli. Made by `python -m scripts.update_completions`: change wscli/completion, not this file.

function __wscli_needs_command
    test (count (commandline -opc)) -eq 1
end

function __wscli_command
    set -l words (commandline -opc)
    contains -- "$words[2]" $argv
end

function __wscli_codes
    printf '%s\t%s\n' 1000 'Normal Closure' 1001 'Going Away' 1002 'Protocol Error' 1003 'Unsupported Data' 1007 'Invalid Frame Payload Data' 1008 'Policy Violation' 1009 'Message Too Big' 1010 'Mandatory Extension' 1011 'Internal Error' 1012 'Service Restart' 1013 'Try Again Later' 1014 'Bad Gateway' 3000 'Unauthorized' 3003 'Forbidden' 3008 'Timeout'
end

function __wscli_never_sent
    printf '%s\t%s\n' 1004 'Reserved' 1005 'No Status Received' 1006 'Abnormal Closure' 1015 'TLS Handshake'
end

function __wscli_scenarios
    printf "$argv[1]%s\t%s\n" echo 'echoes text and binary as received' hello 'greets the name you send, closes with 1000 Bye! five seconds later' chat 'broadcasts each message, cut to 50 characters, to every client' ticker 'sends a JSON message every 100 ms' reject 'refuses the handshake: 403 with a JSON body' close 'closes at once: close?code=4001&reason=nope' fragments 'sends and echoes in fragments, pings between them' ping 'pings every 200 ms, and echoes' silent 'accepts, then never answers anything, not even Close' flood 'sends messages as fast as it can: flood?count=100000&size=100'
end

function __wscli_at_file
    set -l token (commandline -ct)
    string match -q '@*' -- $token; or return
    __fish_complete_path (string sub -s 2 -- $token) | string replace -r '^' '@'
end

function __wscli_kind_file
    set -l begun (string match -r -g '^(?:--[a-z-]+=)?([a-z]+=)(.*)$' -- (commandline -ct))
    if set -q begun[1]
        __fish_complete_path "$begun[2]" | string replace -r '^' $begun[1]
    else
        printf '%s\n' $argv
    end
end

function __wscli_urls
    if string match -q 'demo:*' -- (commandline -ct)
        __wscli_scenarios demo:
        return
    end
    set -l folder $HOME/.local/state
    string match -q '/*' -- "$XDG_STATE_HOME"; and set folder $XDG_STATE_HOME
    if test -r $folder/wscli/urls
        # What a shell could take for its own is none that wscli wrote.
        string match -r '^wss?://[\]A-Za-z0-9:/._~%+=@,\[-]+$' <$folder/wscli/urls |
            string replace -r '$' '\trecent'
    end
    __wscli_profiles
    printf '%s\n' wss:// ws:// https:// http:// demo:
end

function __wscli_profiles
    set -l file $HOME/.config
    string match -q '/*' -- "$XDG_CONFIG_HOME"; and set file $XDG_CONFIG_HOME
    set file $file/wscli/config.toml
    test -n "$WSCLI_CONFIG"; and set file $WSCLI_CONFIG
    test -f $file -a -r $file; or return
    string replace -r -f '^\s*\[profiles\."?([A-Za-z0-9_-]+)"?\].*' '@$1\tprofile' <$file
end

complete -c wscli -f
complete -c wscli -n __wscli_needs_command -a connect -d 'Open a session: type and read messages, or pipe them'
complete -c wscli -n __wscli_needs_command -a handshake -d 'Open, dissect the opening handshake, close'
complete -c wscli -n __wscli_needs_command -a ping -d 'Measure WebSocket round-trip times, like ping(8)'
complete -c wscli -n __wscli_needs_command -a close -d 'Perform and judge the closing handshake'
complete -c wscli -n __wscli_needs_command -a check -d 'Run suites of checks, for CI and monitoring'
complete -c wscli -n __wscli_needs_command -a serve -d 'Run the embedded server with a demo scenario'
complete -c wscli -n __wscli_needs_command -a config -d 'Show what the options are, and who said so'
complete -c wscli -n __wscli_needs_command -a completion -d 'Print the completion script for a shell'
complete -c wscli -n __wscli_needs_command -s V -l version -d 'Show the version'
complete -c wscli -n __wscli_needs_command -s h -l help -d 'Show this message and exit'
complete -c wscli -n '__wscli_command connect' -l send -x -a '(__wscli_at_file)' -d 'Send this text message first'
complete -c wscli -n '__wscli_command connect' -l send-binary -x -a '(__wscli_at_file)' -d 'Send this binary message first'
complete -c wscli -n '__wscli_command connect' -s n -l no-input -d 'Never read stdin; receive until the peer closes'
complete -c wscli -n '__wscli_command connect' -l count -x -d 'End at the Nth message received; fewer are no failure (--expect-count)'
complete -c wscli -n '__wscli_command connect' -l wait -x -d 'Once stdin ended, end after such a silence (1s)'
complete -c wscli -n '__wscli_command connect' -l duration -x -d 'Close after this long: success once that is answered (28 if it is not), unless what is expected has not come'
complete -c wscli -n '__wscli_command connect' -l echo -d 'Return each message as it came; never reads stdin'
complete -c wscli -n '__wscli_command connect' -s 0 -l null -d 'Messages on stdin end with NUL'
complete -c wscli -n '__wscli_command connect' -l binary -d 'Send stdin\'s messages as binary'
complete -c wscli -n '__wscli_command connect' -l whole -d 'Send all of stdin as one message'
complete -c wscli -n '__wscli_command connect' -l delimiter -x -a 'newline nul none' -d 'What follows each payload in --format raw'
complete -c wscli -n '__wscli_command connect' -l ping-interval -x -d 'Ping the peer this often; never, if not given'
complete -c wscli -n '__wscli_command connect' -l ping-timeout -x -d 'Take the peer for dead when a ping is not answered within this'
complete -c wscli -n '__wscli_command connect' -l reconnect -d 'Connect again when the connection is lost, and send --send again'
complete -c wscli -n '__wscli_command connect' -l max-retries -x -d 'Give up after N attempts in a row (10); 0: no limit'
complete -c wscli -n '__wscli_command connect' -l max-backoff -x -d 'The longest pause between two attempts (30s)'
complete -c wscli -n '__wscli_command connect' -l exit-on-close -d 'Leave the REPL when the connection closes'
complete -c wscli -n '__wscli_command connect' -l no-history -d 'Neither read nor write the history'
complete -c wscli -n '__wscli_command connect' -l ring -x -d 'Keep so much for /show, /find and /save'
complete -c wscli -n '__wscli_command connect' -l expect -x -d 'A text message that matches'
complete -c wscli -n '__wscli_command connect' -l expect-json -x -d 'A JSON message for which this holds'
complete -c wscli -n '__wscli_command connect' -l expect-count -x -d 'N messages; --count and --wait end nothing then'
complete -c wscli -n '__wscli_command connect' -l expect-binary -x -a '(__wscli_at_file)' -d 'A binary message of these bytes'
complete -c wscli -n '__wscli_command connect' -l reject -x -d 'No text message that matches, until the end'
complete -c wscli -n '__wscli_command connect' -l within -x -d 'All of it within this time of the opening'
complete -c wscli -n '__wscli_command connect handshake ping close' -l expect-status -x -d 'The reply\'s HTTP status, 101 or another'
complete -c wscli -n '__wscli_command connect handshake ping close' -l expect-header -x -d 'A header of the reply that matches'
complete -c wscli -n '__wscli_command connect handshake ping close' -l expect-subprotocol -x -d 'The subprotocol that the server chose; \'\' for none'
complete -c wscli -n '__wscli_command connect handshake ping close' -l expect-extension -x -d 'An extension that was agreed on'
complete -c wscli -n '__wscli_command connect handshake ping close' -l expect-tls-days -x -d 'The certificate is valid for N days more, at least'
complete -c wscli -n '__wscli_command connect close' -l expect-close -x -k -a '(__wscli_codes; __wscli_never_sent)' -d 'The peer\'s close code; 1005: a Close without one, 1006: no Close'
complete -c wscli -n '__wscli_command connect handshake ping close config' -s H -l header -x -a '(__wscli_at_file)' -d 'Send this header in place of wscli\'s own; \'NAME:\' sends none'
complete -c wscli -n '__wscli_command connect handshake ping close config' -s s -l subprotocol -x -d 'Offer this subprotocol; repeat it in order of preference'
complete -c wscli -n '__wscli_command connect handshake ping close config' -s u -l auth -l user -x -a '(__wscli_at_file)' -d 'Basic authentication; asks for a password that is left out'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l bearer -x -a '(__wscli_at_file)' -d 'Send \'Authorization: Bearer TOKEN\''
complete -c wscli -n '__wscli_command connect handshake ping close config' -l cookie -x -a '(__wscli_at_file)' -d 'Send these cookies: \'a=1; b=2\''
complete -c wscli -n '__wscli_command connect handshake ping close config' -l cookie-jar -r -F -d 'Send what a Netscape cookie file (curl\'s, a browser\'s) has for the URL'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l netrc -d 'Take user and password for the host from ~/.netrc'
complete -c wscli -n '__wscli_command connect handshake ping close config' -s o -l origin -x -d 'Send this Origin'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l user-agent -x -d 'Send this User-Agent'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l compression -x -a 'deflate none' -d 'Offer permessage-deflate (RFC 7692), or nothing'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l server-no-context-takeover -d 'Ask the server to compress each message on its own'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l client-no-context-takeover -d 'Compress each message on its own'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l server-max-window-bits -x -d 'Ask the server for a compression window of at most 8 to 15 bits'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l client-max-window-bits -x -d 'Compress with a window of at most 9 to 15 bits'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l extension -x -d 'Offer this extension, too; what it does to frames is shown, not judged'
complete -c wscli -n '__wscli_command connect handshake ping close config' -s L -l location -d 'Follow redirects, at most 10; credentials stay with the origin'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l format -x -a 'human plain raw json' -d 'How to write results'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l json -d 'The same as --format json'
complete -c wscli -n '__wscli_command connect handshake ping close config' -s q -l quiet -d 'No status on stderr; errors stay'
complete -c wscli -n '__wscli_command connect handshake ping close config' -s v -l verbose -d 'Add frames, header bytes, masks and phases'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l frames -d 'Report each frame, too'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l color -x -a 'auto always never' -d 'When to use colour'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l show-secrets -d 'Show credentials instead of ‹redacted›'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l timeout -x -d 'End the whole run after this; 0 means never'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l connect-timeout -x -d 'For the whole opening'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l close-timeout -x -d 'For the answer to our Close'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l max-size -x -d 'The largest message to accept, inflated'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l ok-close -x -k -a '(__wscli_codes)' -d 'Exit 0 when the peer closes with this code, too'
complete -c wscli -n '__wscli_command connect handshake ping close config' -s k -l insecure -d 'Accept any certificate; show what is wrong'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l cacert -r -F -d 'Trust these CA certificates: a PEM file or a directory'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l cert -r -F -d 'Show this client certificate (PEM; its chain and key may be in it)'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l key -r -F -d 'The client certificate\'s key (PEM), if in another file'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l servername -x -d 'Ask for (SNI) and verify this name, not the URL\'s host'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l tls-min -x -a '1.0 1.1 1.2 1.3' -d 'The oldest TLS version to accept'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l proxy -x -d 'Go through this proxy: http://, https://, socks5://, socks5h://, socks4:// or socks4a://'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l no-proxy -d 'Use no proxy, not even the environment\'s'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l resolve -x -d 'Use this address for HOST:PORT'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l connect-to -x -d 'Connect to this in place of the URL\'s host and port'
complete -c wscli -n '__wscli_command connect handshake ping close config' -l unix-socket -r -F -d 'Connect to this Unix socket'
complete -c wscli -n '__wscli_command connect handshake ping close config' -s 4 -l ipv4 -d 'Use IPv4 only'
complete -c wscli -n '__wscli_command connect handshake ping close config' -s 6 -l ipv6 -d 'Use IPv6 only'
complete -c wscli -n '__wscli_command connect handshake ping close check serve config completion' -s h -l help -d 'Show this message and exit'
complete -c wscli -n '__wscli_command ping' -s c -l count -x -d 'Send N pings; 0 goes on until Ctrl-C'
complete -c wscli -n '__wscli_command ping' -s i -l interval -x -d 'From one ping to the next'
complete -c wscli -n '__wscli_command ping' -s W -l wait -x -d 'After this without its pong a ping is lost'
complete -c wscli -n '__wscli_command ping' -l payload -x -d 'What each ping carries (at most 125 bytes)'
complete -c wscli -n '__wscli_command ping' -l size -x -d 'Carry this many bytes (at most 125)'
complete -c wscli -n '__wscli_command ping' -l max-rtt -x -d 'Exit 1 if any pong takes longer, in milliseconds'
complete -c wscli -n '__wscli_command ping' -l max-loss -x -d 'Exit 1 if more pings than this are lost'
complete -c wscli -n '__wscli_command close' -l code -x -k -a '(__wscli_codes)' -d 'The close code to send: 1000–1014 or 3000–4999'
complete -c wscli -n '__wscli_command close' -l reason -x -d 'The reason to send (at most 123 bytes)'
complete -c wscli -n '__wscli_command close' -l force -d 'Send a code that RFC 6455 forbids, too'
complete -c wscli -n '__wscli_command check' -s j -l jobs -x -d 'Run N checks at a time (50)'
complete -c wscli -n '__wscli_command check' -l only -x -d 'Only checks with this tag'
complete -c wscli -n '__wscli_command check' -l fail-fast -d 'End at the first failure; the others are skipped'
complete -c wscli -n '__wscli_command check' -l report -x -a '(__wscli_kind_file junit= tap= json= markdown= github prometheus=)' -d 'Write a report: junit, tap, json, markdown (also to $GITHUB_STEP_SUMMARY), github, prometheus'
complete -c wscli -n '__wscli_command check' -l init -d 'Print a starter suite, or write it to FILE, never over another'
complete -c wscli -n '__wscli_command check' -l schema -d 'Print the JSON Schema of suites'
complete -c wscli -n '__wscli_command check' -l timeout -x -d 'End the whole run after this: what runs failed, the others are skipped'
complete -c wscli -n '__wscli_command check' -l format -x -a 'human plain json' -d 'How to write results: human on a terminal, plain elsewhere, json'
complete -c wscli -n '__wscli_command check' -l json -d 'The same as --format json'
complete -c wscli -n '__wscli_command check' -s q -l quiet -d 'Only failures, and no progress'
complete -c wscli -n '__wscli_command check' -s v -l verbose -d 'Add phases, what was agreed on, and message counts'
complete -c wscli -n '__wscli_command check' -l color -x -a 'auto always never' -d 'When to use colour'
complete -c wscli -n '__wscli_command check' -l show-secrets -d 'Show credentials instead of ‹redacted›'
complete -c wscli -n '__wscli_command serve' -l host -x -d 'Listen on this address'
complete -c wscli -n '__wscli_command serve' -l port -x -d '0 takes a free one'
complete -c wscli -n '__wscli_command config' -l init -d 'Write a file to start from, unless there is one already'
complete -c wscli -n '__wscli_command connect' -a '(__wscli_urls)'
complete -c wscli -n '__wscli_command handshake' -a '(__wscli_urls)'
complete -c wscli -n '__wscli_command ping' -a '(__wscli_urls)'
complete -c wscli -n '__wscli_command close' -a '(__wscli_urls)'
complete -c wscli -n '__wscli_command check' -F -a '(__wscli_urls)'
complete -c wscli -n '__wscli_command serve' -a '(__wscli_scenarios)'
complete -c wscli -n '__wscli_command config' -x
complete -c wscli -n '__wscli_command completion' -a 'bash zsh fish powershell'
