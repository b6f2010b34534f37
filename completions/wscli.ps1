# PowerShell completion for wscli. Made by `python -m scripts.update_completions`: change wscli/completion, not this file.
# In $PROFILE: wscli completion powershell | Out-String | Invoke-Expression

Register-ArgumentCompleter -Native -CommandName wscli -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commands = [ordered]@{
        'connect' = 'Open a session: type and read messages, or pipe them'
        'handshake' = 'Open, dissect the opening handshake, close'
        'ping' = 'Measure WebSocket round-trip times, like ping(8)'
        'close' = 'Perform and judge the closing handshake'
        'check' = 'Run suites of checks, for CI and monitoring'
        'serve' = 'Run the embedded server with a demo scenario'
        'config' = 'Show what the options are, and who said so'
        'completion' = 'Print the completion script for a shell'
    }
    $codes = [ordered]@{
        '1000' = 'Normal Closure'
        '1001' = 'Going Away'
        '1002' = 'Protocol Error'
        '1003' = 'Unsupported Data'
        '1007' = 'Invalid Frame Payload Data'
        '1008' = 'Policy Violation'
        '1009' = 'Message Too Big'
        '1010' = 'Mandatory Extension'
        '1011' = 'Internal Error'
        '1012' = 'Service Restart'
        '1013' = 'Try Again Later'
        '1014' = 'Bad Gateway'
        '3000' = 'Unauthorized'
        '3003' = 'Forbidden'
        '3008' = 'Timeout'
    }
    $neverSent = [ordered]@{
        '1004' = 'Reserved'
        '1005' = 'No Status Received'
        '1006' = 'Abnormal Closure'
        '1015' = 'TLS Handshake'
    }
    $scenarios = [ordered]@{
        'echo' = 'echoes text and binary as received'
        'hello' = 'greets the name you send, closes with 1000 Bye! five seconds later'
        'chat' = 'broadcasts each message, cut to 50 characters, to every client'
        'ticker' = 'sends a JSON message every 100 ms'
        'reject' = 'refuses the handshake: 403 with a JSON body'
        'close' = 'closes at once: close?code=4001&reason=nope'
        'fragments' = 'sends and echoes in fragments, pings between them'
        'ping' = 'pings every 200 ms, and echoes'
        'silent' = 'accepts, then never answers anything, not even Close'
        'flood' = 'sends messages as fast as it can: flood?count=100000&size=100'
    }
    # command -> its options: spellings, what follows (a kind, or choices), help
    $options = @{
        '' = @(
            @{ Flags = @('-V', '--version'); Takes = ''; Help = 'Show the version' }
            @{ Flags = @('-h', '--help'); Takes = ''; Help = 'Show this message and exit' }
        )
        'connect' = @(
            @{ Flags = @('--send'); Takes = 'AtFile'; Help = 'Send this text message first' }
            @{ Flags = @('--send-binary'); Takes = 'AtFile'; Help = 'Send this binary message first' }
            @{ Flags = @('-n', '--no-input'); Takes = ''; Help = 'Never read stdin; receive until the peer closes' }
            @{ Flags = @('--count'); Takes = 'Text'; Help = 'End at the Nth message received; fewer are no failure (--expect-count)' }
            @{ Flags = @('--wait'); Takes = 'Text'; Help = 'Once stdin ended, end after such a silence (1s)' }
            @{ Flags = @('--duration'); Takes = 'Text'; Help = 'Close after this long: success once that is answered (28 if it is not), unless what is expected has not come' }
            @{ Flags = @('--echo'); Takes = ''; Help = 'Return each message as it came; never reads stdin' }
            @{ Flags = @('-0', '--null'); Takes = ''; Help = 'Messages on stdin end with NUL' }
            @{ Flags = @('--binary'); Takes = ''; Help = 'Send stdin''s messages as binary' }
            @{ Flags = @('--whole'); Takes = ''; Help = 'Send all of stdin as one message' }
            @{ Flags = @('--delimiter'); Takes = @('newline', 'nul', 'none'); Help = 'What follows each payload in --format raw' }
            @{ Flags = @('--ping-interval'); Takes = 'Text'; Help = 'Ping the peer this often; never, if not given' }
            @{ Flags = @('--ping-timeout'); Takes = 'Text'; Help = 'Take the peer for dead when a ping is not answered within this' }
            @{ Flags = @('--reconnect'); Takes = ''; Help = 'Connect again when the connection is lost, and send --send again' }
            @{ Flags = @('--max-retries'); Takes = 'Text'; Help = 'Give up after N attempts in a row (10); 0: no limit' }
            @{ Flags = @('--max-backoff'); Takes = 'Text'; Help = 'The longest pause between two attempts (30s)' }
            @{ Flags = @('--exit-on-close'); Takes = ''; Help = 'Leave the REPL when the connection closes' }
            @{ Flags = @('--no-history'); Takes = ''; Help = 'Neither read nor write the history' }
            @{ Flags = @('--ring'); Takes = 'Text'; Help = 'Keep so much for /show, /find and /save' }
            @{ Flags = @('--expect-status'); Takes = 'Text'; Help = 'The reply''s HTTP status, 101 or another' }
            @{ Flags = @('--expect-header'); Takes = 'Text'; Help = 'A header of the reply that matches' }
            @{ Flags = @('--expect-subprotocol'); Takes = 'Text'; Help = 'The subprotocol that the server chose; '''' for none' }
            @{ Flags = @('--expect-extension'); Takes = 'Text'; Help = 'An extension that was agreed on' }
            @{ Flags = @('--expect-tls-days'); Takes = 'Text'; Help = 'The certificate is valid for N days more, at least' }
            @{ Flags = @('--expect-close'); Takes = 'AnyCode'; Help = 'The peer''s close code; 1005: a Close without one, 1006: no Close' }
            @{ Flags = @('--expect'); Takes = 'Text'; Help = 'A text message that matches' }
            @{ Flags = @('--expect-json'); Takes = 'Text'; Help = 'A JSON message for which this holds' }
            @{ Flags = @('--expect-count'); Takes = 'Text'; Help = 'N messages; --count and --wait end nothing then' }
            @{ Flags = @('--expect-binary'); Takes = 'AtFile'; Help = 'A binary message of these bytes' }
            @{ Flags = @('--reject'); Takes = 'Text'; Help = 'No text message that matches, until the end' }
            @{ Flags = @('--within'); Takes = 'Text'; Help = 'All of it within this time of the opening' }
            @{ Flags = @('-H', '--header'); Takes = 'AtFile'; Help = 'Send this header in place of wscli''s own; ''NAME:'' sends none' }
            @{ Flags = @('-s', '--subprotocol'); Takes = 'Text'; Help = 'Offer this subprotocol; repeat it in order of preference' }
            @{ Flags = @('-u', '--auth', '--user'); Takes = 'AtFile'; Help = 'Basic authentication; asks for a password that is left out' }
            @{ Flags = @('--bearer'); Takes = 'AtFile'; Help = 'Send ''Authorization: Bearer TOKEN''' }
            @{ Flags = @('--cookie'); Takes = 'AtFile'; Help = 'Send these cookies: ''a=1; b=2''' }
            @{ Flags = @('--cookie-jar'); Takes = 'File'; Help = 'Send what a Netscape cookie file (curl''s, a browser''s) has for the URL' }
            @{ Flags = @('--netrc'); Takes = ''; Help = 'Take user and password for the host from ~/.netrc' }
            @{ Flags = @('-o', '--origin'); Takes = 'Text'; Help = 'Send this Origin' }
            @{ Flags = @('--user-agent'); Takes = 'Text'; Help = 'Send this User-Agent' }
            @{ Flags = @('--compression'); Takes = @('deflate', 'none'); Help = 'Offer permessage-deflate (RFC 7692), or nothing' }
            @{ Flags = @('--server-no-context-takeover'); Takes = ''; Help = 'Ask the server to compress each message on its own' }
            @{ Flags = @('--client-no-context-takeover'); Takes = ''; Help = 'Compress each message on its own' }
            @{ Flags = @('--server-max-window-bits'); Takes = 'Text'; Help = 'Ask the server for a compression window of at most 8 to 15 bits' }
            @{ Flags = @('--client-max-window-bits'); Takes = 'Text'; Help = 'Compress with a window of at most 9 to 15 bits' }
            @{ Flags = @('--extension'); Takes = 'Text'; Help = 'Offer this extension, too; what it does to frames is shown, not judged' }
            @{ Flags = @('-L', '--location'); Takes = ''; Help = 'Follow redirects, at most 10; credentials stay with the origin' }
            @{ Flags = @('--format'); Takes = @('human', 'plain', 'raw', 'json'); Help = 'How to write results' }
            @{ Flags = @('--json'); Takes = ''; Help = 'The same as --format json' }
            @{ Flags = @('-q', '--quiet'); Takes = ''; Help = 'No status on stderr; errors stay' }
            @{ Flags = @('-v', '--verbose'); Takes = ''; Help = 'Add frames, header bytes, masks and phases' }
            @{ Flags = @('--frames'); Takes = ''; Help = 'Report each frame, too' }
            @{ Flags = @('--color'); Takes = @('auto', 'always', 'never'); Help = 'When to use colour' }
            @{ Flags = @('--show-secrets'); Takes = ''; Help = 'Show credentials instead of ‹redacted›' }
            @{ Flags = @('--timeout'); Takes = 'Text'; Help = 'End the whole run after this; 0 means never' }
            @{ Flags = @('--connect-timeout'); Takes = 'Text'; Help = 'For the whole opening' }
            @{ Flags = @('--close-timeout'); Takes = 'Text'; Help = 'For the answer to our Close' }
            @{ Flags = @('--max-size'); Takes = 'Text'; Help = 'The largest message to accept, inflated' }
            @{ Flags = @('--ok-close'); Takes = 'Code'; Help = 'Exit 0 when the peer closes with this code, too' }
            @{ Flags = @('-k', '--insecure'); Takes = ''; Help = 'Accept any certificate; show what is wrong' }
            @{ Flags = @('--cacert'); Takes = 'File'; Help = 'Trust these CA certificates: a PEM file or a directory' }
            @{ Flags = @('--cert'); Takes = 'File'; Help = 'Show this client certificate (PEM; its chain and key may be in it)' }
            @{ Flags = @('--key'); Takes = 'File'; Help = 'The client certificate''s key (PEM), if in another file' }
            @{ Flags = @('--servername'); Takes = 'Text'; Help = 'Ask for (SNI) and verify this name, not the URL''s host' }
            @{ Flags = @('--tls-min'); Takes = @('1.0', '1.1', '1.2', '1.3'); Help = 'The oldest TLS version to accept' }
            @{ Flags = @('--proxy'); Takes = 'Text'; Help = 'Go through this proxy: http://, https://, socks5://, socks5h://, socks4:// or socks4a://' }
            @{ Flags = @('--no-proxy'); Takes = ''; Help = 'Use no proxy, not even the environment''s' }
            @{ Flags = @('--resolve'); Takes = 'Text'; Help = 'Use this address for HOST:PORT' }
            @{ Flags = @('--connect-to'); Takes = 'Text'; Help = 'Connect to this in place of the URL''s host and port' }
            @{ Flags = @('--unix-socket'); Takes = 'File'; Help = 'Connect to this Unix socket' }
            @{ Flags = @('-4', '--ipv4'); Takes = ''; Help = 'Use IPv4 only' }
            @{ Flags = @('-6', '--ipv6'); Takes = ''; Help = 'Use IPv6 only' }
            @{ Flags = @('-h', '--help'); Takes = ''; Help = 'Show this message and exit' }
        )
        'handshake' = @(
            @{ Flags = @('--expect-status'); Takes = 'Text'; Help = 'The reply''s HTTP status, 101 or another' }
            @{ Flags = @('--expect-header'); Takes = 'Text'; Help = 'A header of the reply that matches' }
            @{ Flags = @('--expect-subprotocol'); Takes = 'Text'; Help = 'The subprotocol that the server chose; '''' for none' }
            @{ Flags = @('--expect-extension'); Takes = 'Text'; Help = 'An extension that was agreed on' }
            @{ Flags = @('--expect-tls-days'); Takes = 'Text'; Help = 'The certificate is valid for N days more, at least' }
            @{ Flags = @('-H', '--header'); Takes = 'AtFile'; Help = 'Send this header in place of wscli''s own; ''NAME:'' sends none' }
            @{ Flags = @('-s', '--subprotocol'); Takes = 'Text'; Help = 'Offer this subprotocol; repeat it in order of preference' }
            @{ Flags = @('-u', '--auth', '--user'); Takes = 'AtFile'; Help = 'Basic authentication; asks for a password that is left out' }
            @{ Flags = @('--bearer'); Takes = 'AtFile'; Help = 'Send ''Authorization: Bearer TOKEN''' }
            @{ Flags = @('--cookie'); Takes = 'AtFile'; Help = 'Send these cookies: ''a=1; b=2''' }
            @{ Flags = @('--cookie-jar'); Takes = 'File'; Help = 'Send what a Netscape cookie file (curl''s, a browser''s) has for the URL' }
            @{ Flags = @('--netrc'); Takes = ''; Help = 'Take user and password for the host from ~/.netrc' }
            @{ Flags = @('-o', '--origin'); Takes = 'Text'; Help = 'Send this Origin' }
            @{ Flags = @('--user-agent'); Takes = 'Text'; Help = 'Send this User-Agent' }
            @{ Flags = @('--compression'); Takes = @('deflate', 'none'); Help = 'Offer permessage-deflate (RFC 7692), or nothing' }
            @{ Flags = @('--server-no-context-takeover'); Takes = ''; Help = 'Ask the server to compress each message on its own' }
            @{ Flags = @('--client-no-context-takeover'); Takes = ''; Help = 'Compress each message on its own' }
            @{ Flags = @('--server-max-window-bits'); Takes = 'Text'; Help = 'Ask the server for a compression window of at most 8 to 15 bits' }
            @{ Flags = @('--client-max-window-bits'); Takes = 'Text'; Help = 'Compress with a window of at most 9 to 15 bits' }
            @{ Flags = @('--extension'); Takes = 'Text'; Help = 'Offer this extension, too; what it does to frames is shown, not judged' }
            @{ Flags = @('-L', '--location'); Takes = ''; Help = 'Follow redirects, at most 10; credentials stay with the origin' }
            @{ Flags = @('--format'); Takes = @('human', 'plain', 'raw', 'json'); Help = 'How to write results' }
            @{ Flags = @('--json'); Takes = ''; Help = 'The same as --format json' }
            @{ Flags = @('-q', '--quiet'); Takes = ''; Help = 'No status on stderr; errors stay' }
            @{ Flags = @('-v', '--verbose'); Takes = ''; Help = 'Add frames, header bytes, masks and phases' }
            @{ Flags = @('--frames'); Takes = ''; Help = 'Report each frame, too' }
            @{ Flags = @('--color'); Takes = @('auto', 'always', 'never'); Help = 'When to use colour' }
            @{ Flags = @('--show-secrets'); Takes = ''; Help = 'Show credentials instead of ‹redacted›' }
            @{ Flags = @('--timeout'); Takes = 'Text'; Help = 'End the whole run after this; 0 means never' }
            @{ Flags = @('--connect-timeout'); Takes = 'Text'; Help = 'For the whole opening' }
            @{ Flags = @('--close-timeout'); Takes = 'Text'; Help = 'For the answer to our Close' }
            @{ Flags = @('--max-size'); Takes = 'Text'; Help = 'The largest message to accept, inflated' }
            @{ Flags = @('--ok-close'); Takes = 'Code'; Help = 'Exit 0 when the peer closes with this code, too' }
            @{ Flags = @('-k', '--insecure'); Takes = ''; Help = 'Accept any certificate; show what is wrong' }
            @{ Flags = @('--cacert'); Takes = 'File'; Help = 'Trust these CA certificates: a PEM file or a directory' }
            @{ Flags = @('--cert'); Takes = 'File'; Help = 'Show this client certificate (PEM; its chain and key may be in it)' }
            @{ Flags = @('--key'); Takes = 'File'; Help = 'The client certificate''s key (PEM), if in another file' }
            @{ Flags = @('--servername'); Takes = 'Text'; Help = 'Ask for (SNI) and verify this name, not the URL''s host' }
            @{ Flags = @('--tls-min'); Takes = @('1.0', '1.1', '1.2', '1.3'); Help = 'The oldest TLS version to accept' }
            @{ Flags = @('--proxy'); Takes = 'Text'; Help = 'Go through this proxy: http://, https://, socks5://, socks5h://, socks4:// or socks4a://' }
            @{ Flags = @('--no-proxy'); Takes = ''; Help = 'Use no proxy, not even the environment''s' }
            @{ Flags = @('--resolve'); Takes = 'Text'; Help = 'Use this address for HOST:PORT' }
            @{ Flags = @('--connect-to'); Takes = 'Text'; Help = 'Connect to this in place of the URL''s host and port' }
            @{ Flags = @('--unix-socket'); Takes = 'File'; Help = 'Connect to this Unix socket' }
            @{ Flags = @('-4', '--ipv4'); Takes = ''; Help = 'Use IPv4 only' }
            @{ Flags = @('-6', '--ipv6'); Takes = ''; Help = 'Use IPv6 only' }
            @{ Flags = @('-h', '--help'); Takes = ''; Help = 'Show this message and exit' }
        )
        'ping' = @(
            @{ Flags = @('-c', '--count'); Takes = 'Text'; Help = 'Send N pings; 0 goes on until Ctrl-C' }
            @{ Flags = @('-i', '--interval'); Takes = 'Text'; Help = 'From one ping to the next' }
            @{ Flags = @('-W', '--wait'); Takes = 'Text'; Help = 'After this without its pong a ping is lost' }
            @{ Flags = @('--payload'); Takes = 'Text'; Help = 'What each ping carries (at most 125 bytes)' }
            @{ Flags = @('--size'); Takes = 'Text'; Help = 'Carry this many bytes (at most 125)' }
            @{ Flags = @('--max-rtt'); Takes = 'Text'; Help = 'Exit 1 if any pong takes longer, in milliseconds' }
            @{ Flags = @('--max-loss'); Takes = 'Text'; Help = 'Exit 1 if more pings than this are lost' }
            @{ Flags = @('--expect-status'); Takes = 'Text'; Help = 'The reply''s HTTP status, 101 or another' }
            @{ Flags = @('--expect-header'); Takes = 'Text'; Help = 'A header of the reply that matches' }
            @{ Flags = @('--expect-subprotocol'); Takes = 'Text'; Help = 'The subprotocol that the server chose; '''' for none' }
            @{ Flags = @('--expect-extension'); Takes = 'Text'; Help = 'An extension that was agreed on' }
            @{ Flags = @('--expect-tls-days'); Takes = 'Text'; Help = 'The certificate is valid for N days more, at least' }
            @{ Flags = @('-H', '--header'); Takes = 'AtFile'; Help = 'Send this header in place of wscli''s own; ''NAME:'' sends none' }
            @{ Flags = @('-s', '--subprotocol'); Takes = 'Text'; Help = 'Offer this subprotocol; repeat it in order of preference' }
            @{ Flags = @('-u', '--auth', '--user'); Takes = 'AtFile'; Help = 'Basic authentication; asks for a password that is left out' }
            @{ Flags = @('--bearer'); Takes = 'AtFile'; Help = 'Send ''Authorization: Bearer TOKEN''' }
            @{ Flags = @('--cookie'); Takes = 'AtFile'; Help = 'Send these cookies: ''a=1; b=2''' }
            @{ Flags = @('--cookie-jar'); Takes = 'File'; Help = 'Send what a Netscape cookie file (curl''s, a browser''s) has for the URL' }
            @{ Flags = @('--netrc'); Takes = ''; Help = 'Take user and password for the host from ~/.netrc' }
            @{ Flags = @('-o', '--origin'); Takes = 'Text'; Help = 'Send this Origin' }
            @{ Flags = @('--user-agent'); Takes = 'Text'; Help = 'Send this User-Agent' }
            @{ Flags = @('--compression'); Takes = @('deflate', 'none'); Help = 'Offer permessage-deflate (RFC 7692), or nothing' }
            @{ Flags = @('--server-no-context-takeover'); Takes = ''; Help = 'Ask the server to compress each message on its own' }
            @{ Flags = @('--client-no-context-takeover'); Takes = ''; Help = 'Compress each message on its own' }
            @{ Flags = @('--server-max-window-bits'); Takes = 'Text'; Help = 'Ask the server for a compression window of at most 8 to 15 bits' }
            @{ Flags = @('--client-max-window-bits'); Takes = 'Text'; Help = 'Compress with a window of at most 9 to 15 bits' }
            @{ Flags = @('--extension'); Takes = 'Text'; Help = 'Offer this extension, too; what it does to frames is shown, not judged' }
            @{ Flags = @('-L', '--location'); Takes = ''; Help = 'Follow redirects, at most 10; credentials stay with the origin' }
            @{ Flags = @('--format'); Takes = @('human', 'plain', 'raw', 'json'); Help = 'How to write results' }
            @{ Flags = @('--json'); Takes = ''; Help = 'The same as --format json' }
            @{ Flags = @('-q', '--quiet'); Takes = ''; Help = 'No status on stderr; errors stay' }
            @{ Flags = @('-v', '--verbose'); Takes = ''; Help = 'Add frames, header bytes, masks and phases' }
            @{ Flags = @('--frames'); Takes = ''; Help = 'Report each frame, too' }
            @{ Flags = @('--color'); Takes = @('auto', 'always', 'never'); Help = 'When to use colour' }
            @{ Flags = @('--show-secrets'); Takes = ''; Help = 'Show credentials instead of ‹redacted›' }
            @{ Flags = @('--timeout'); Takes = 'Text'; Help = 'End the whole run after this; 0 means never' }
            @{ Flags = @('--connect-timeout'); Takes = 'Text'; Help = 'For the whole opening' }
            @{ Flags = @('--close-timeout'); Takes = 'Text'; Help = 'For the answer to our Close' }
            @{ Flags = @('--max-size'); Takes = 'Text'; Help = 'The largest message to accept, inflated' }
            @{ Flags = @('--ok-close'); Takes = 'Code'; Help = 'Exit 0 when the peer closes with this code, too' }
            @{ Flags = @('-k', '--insecure'); Takes = ''; Help = 'Accept any certificate; show what is wrong' }
            @{ Flags = @('--cacert'); Takes = 'File'; Help = 'Trust these CA certificates: a PEM file or a directory' }
            @{ Flags = @('--cert'); Takes = 'File'; Help = 'Show this client certificate (PEM; its chain and key may be in it)' }
            @{ Flags = @('--key'); Takes = 'File'; Help = 'The client certificate''s key (PEM), if in another file' }
            @{ Flags = @('--servername'); Takes = 'Text'; Help = 'Ask for (SNI) and verify this name, not the URL''s host' }
            @{ Flags = @('--tls-min'); Takes = @('1.0', '1.1', '1.2', '1.3'); Help = 'The oldest TLS version to accept' }
            @{ Flags = @('--proxy'); Takes = 'Text'; Help = 'Go through this proxy: http://, https://, socks5://, socks5h://, socks4:// or socks4a://' }
            @{ Flags = @('--no-proxy'); Takes = ''; Help = 'Use no proxy, not even the environment''s' }
            @{ Flags = @('--resolve'); Takes = 'Text'; Help = 'Use this address for HOST:PORT' }
            @{ Flags = @('--connect-to'); Takes = 'Text'; Help = 'Connect to this in place of the URL''s host and port' }
            @{ Flags = @('--unix-socket'); Takes = 'File'; Help = 'Connect to this Unix socket' }
            @{ Flags = @('-4', '--ipv4'); Takes = ''; Help = 'Use IPv4 only' }
            @{ Flags = @('-6', '--ipv6'); Takes = ''; Help = 'Use IPv6 only' }
            @{ Flags = @('-h', '--help'); Takes = ''; Help = 'Show this message and exit' }
        )
        'close' = @(
            @{ Flags = @('--code'); Takes = 'Code'; Help = 'The close code to send: 1000–1014 or 3000–4999' }
            @{ Flags = @('--reason'); Takes = 'Text'; Help = 'The reason to send (at most 123 bytes)' }
            @{ Flags = @('--force'); Takes = ''; Help = 'Send a code that RFC 6455 forbids, too' }
            @{ Flags = @('--expect-status'); Takes = 'Text'; Help = 'The reply''s HTTP status, 101 or another' }
            @{ Flags = @('--expect-header'); Takes = 'Text'; Help = 'A header of the reply that matches' }
            @{ Flags = @('--expect-subprotocol'); Takes = 'Text'; Help = 'The subprotocol that the server chose; '''' for none' }
            @{ Flags = @('--expect-extension'); Takes = 'Text'; Help = 'An extension that was agreed on' }
            @{ Flags = @('--expect-tls-days'); Takes = 'Text'; Help = 'The certificate is valid for N days more, at least' }
            @{ Flags = @('--expect-close'); Takes = 'AnyCode'; Help = 'The peer''s close code; 1005: a Close without one, 1006: no Close' }
            @{ Flags = @('-H', '--header'); Takes = 'AtFile'; Help = 'Send this header in place of wscli''s own; ''NAME:'' sends none' }
            @{ Flags = @('-s', '--subprotocol'); Takes = 'Text'; Help = 'Offer this subprotocol; repeat it in order of preference' }
            @{ Flags = @('-u', '--auth', '--user'); Takes = 'AtFile'; Help = 'Basic authentication; asks for a password that is left out' }
            @{ Flags = @('--bearer'); Takes = 'AtFile'; Help = 'Send ''Authorization: Bearer TOKEN''' }
            @{ Flags = @('--cookie'); Takes = 'AtFile'; Help = 'Send these cookies: ''a=1; b=2''' }
            @{ Flags = @('--cookie-jar'); Takes = 'File'; Help = 'Send what a Netscape cookie file (curl''s, a browser''s) has for the URL' }
            @{ Flags = @('--netrc'); Takes = ''; Help = 'Take user and password for the host from ~/.netrc' }
            @{ Flags = @('-o', '--origin'); Takes = 'Text'; Help = 'Send this Origin' }
            @{ Flags = @('--user-agent'); Takes = 'Text'; Help = 'Send this User-Agent' }
            @{ Flags = @('--compression'); Takes = @('deflate', 'none'); Help = 'Offer permessage-deflate (RFC 7692), or nothing' }
            @{ Flags = @('--server-no-context-takeover'); Takes = ''; Help = 'Ask the server to compress each message on its own' }
            @{ Flags = @('--client-no-context-takeover'); Takes = ''; Help = 'Compress each message on its own' }
            @{ Flags = @('--server-max-window-bits'); Takes = 'Text'; Help = 'Ask the server for a compression window of at most 8 to 15 bits' }
            @{ Flags = @('--client-max-window-bits'); Takes = 'Text'; Help = 'Compress with a window of at most 9 to 15 bits' }
            @{ Flags = @('--extension'); Takes = 'Text'; Help = 'Offer this extension, too; what it does to frames is shown, not judged' }
            @{ Flags = @('-L', '--location'); Takes = ''; Help = 'Follow redirects, at most 10; credentials stay with the origin' }
            @{ Flags = @('--format'); Takes = @('human', 'plain', 'raw', 'json'); Help = 'How to write results' }
            @{ Flags = @('--json'); Takes = ''; Help = 'The same as --format json' }
            @{ Flags = @('-q', '--quiet'); Takes = ''; Help = 'No status on stderr; errors stay' }
            @{ Flags = @('-v', '--verbose'); Takes = ''; Help = 'Add frames, header bytes, masks and phases' }
            @{ Flags = @('--frames'); Takes = ''; Help = 'Report each frame, too' }
            @{ Flags = @('--color'); Takes = @('auto', 'always', 'never'); Help = 'When to use colour' }
            @{ Flags = @('--show-secrets'); Takes = ''; Help = 'Show credentials instead of ‹redacted›' }
            @{ Flags = @('--timeout'); Takes = 'Text'; Help = 'End the whole run after this; 0 means never' }
            @{ Flags = @('--connect-timeout'); Takes = 'Text'; Help = 'For the whole opening' }
            @{ Flags = @('--close-timeout'); Takes = 'Text'; Help = 'For the answer to our Close' }
            @{ Flags = @('--max-size'); Takes = 'Text'; Help = 'The largest message to accept, inflated' }
            @{ Flags = @('--ok-close'); Takes = 'Code'; Help = 'Exit 0 when the peer closes with this code, too' }
            @{ Flags = @('-k', '--insecure'); Takes = ''; Help = 'Accept any certificate; show what is wrong' }
            @{ Flags = @('--cacert'); Takes = 'File'; Help = 'Trust these CA certificates: a PEM file or a directory' }
            @{ Flags = @('--cert'); Takes = 'File'; Help = 'Show this client certificate (PEM; its chain and key may be in it)' }
            @{ Flags = @('--key'); Takes = 'File'; Help = 'The client certificate''s key (PEM), if in another file' }
            @{ Flags = @('--servername'); Takes = 'Text'; Help = 'Ask for (SNI) and verify this name, not the URL''s host' }
            @{ Flags = @('--tls-min'); Takes = @('1.0', '1.1', '1.2', '1.3'); Help = 'The oldest TLS version to accept' }
            @{ Flags = @('--proxy'); Takes = 'Text'; Help = 'Go through this proxy: http://, https://, socks5://, socks5h://, socks4:// or socks4a://' }
            @{ Flags = @('--no-proxy'); Takes = ''; Help = 'Use no proxy, not even the environment''s' }
            @{ Flags = @('--resolve'); Takes = 'Text'; Help = 'Use this address for HOST:PORT' }
            @{ Flags = @('--connect-to'); Takes = 'Text'; Help = 'Connect to this in place of the URL''s host and port' }
            @{ Flags = @('--unix-socket'); Takes = 'File'; Help = 'Connect to this Unix socket' }
            @{ Flags = @('-4', '--ipv4'); Takes = ''; Help = 'Use IPv4 only' }
            @{ Flags = @('-6', '--ipv6'); Takes = ''; Help = 'Use IPv6 only' }
            @{ Flags = @('-h', '--help'); Takes = ''; Help = 'Show this message and exit' }
        )
        'check' = @(
            @{ Flags = @('-j', '--jobs'); Takes = 'Text'; Help = 'Run N checks at a time (50)' }
            @{ Flags = @('--only'); Takes = 'Text'; Help = 'Only checks with this tag' }
            @{ Flags = @('--fail-fast'); Takes = ''; Help = 'End at the first failure; the others are skipped' }
            @{ Flags = @('--report'); Takes = @('junit=', 'tap=', 'json=', 'markdown=', 'github', 'prometheus='); Help = 'Write a report: junit, tap, json, markdown (also to $GITHUB_STEP_SUMMARY), github, prometheus' }
            @{ Flags = @('--init'); Takes = ''; Help = 'Print a starter suite, or write it to FILE, never over another' }
            @{ Flags = @('--schema'); Takes = ''; Help = 'Print the JSON Schema of suites' }
            @{ Flags = @('--timeout'); Takes = 'Text'; Help = 'End the whole run after this: what runs failed, the others are skipped' }
            @{ Flags = @('--format'); Takes = @('human', 'plain', 'json'); Help = 'How to write results: human on a terminal, plain elsewhere, json' }
            @{ Flags = @('--json'); Takes = ''; Help = 'The same as --format json' }
            @{ Flags = @('-q', '--quiet'); Takes = ''; Help = 'Only failures, and no progress' }
            @{ Flags = @('-v', '--verbose'); Takes = ''; Help = 'Add phases, what was agreed on, and message counts' }
            @{ Flags = @('--color'); Takes = @('auto', 'always', 'never'); Help = 'When to use colour' }
            @{ Flags = @('--show-secrets'); Takes = ''; Help = 'Show credentials instead of ‹redacted›' }
            @{ Flags = @('-h', '--help'); Takes = ''; Help = 'Show this message and exit' }
        )
        'serve' = @(
            @{ Flags = @('--host'); Takes = 'Text'; Help = 'Listen on this address' }
            @{ Flags = @('--port'); Takes = 'Text'; Help = '0 takes a free one' }
            @{ Flags = @('-h', '--help'); Takes = ''; Help = 'Show this message and exit' }
        )
        'config' = @(
            @{ Flags = @('--init'); Takes = ''; Help = 'Write a file to start from, unless there is one already' }
            @{ Flags = @('-H', '--header'); Takes = 'AtFile'; Help = 'Send this header in place of wscli''s own; ''NAME:'' sends none' }
            @{ Flags = @('-s', '--subprotocol'); Takes = 'Text'; Help = 'Offer this subprotocol; repeat it in order of preference' }
            @{ Flags = @('-u', '--auth', '--user'); Takes = 'AtFile'; Help = 'Basic authentication; asks for a password that is left out' }
            @{ Flags = @('--bearer'); Takes = 'AtFile'; Help = 'Send ''Authorization: Bearer TOKEN''' }
            @{ Flags = @('--cookie'); Takes = 'AtFile'; Help = 'Send these cookies: ''a=1; b=2''' }
            @{ Flags = @('--cookie-jar'); Takes = 'File'; Help = 'Send what a Netscape cookie file (curl''s, a browser''s) has for the URL' }
            @{ Flags = @('--netrc'); Takes = ''; Help = 'Take user and password for the host from ~/.netrc' }
            @{ Flags = @('-o', '--origin'); Takes = 'Text'; Help = 'Send this Origin' }
            @{ Flags = @('--user-agent'); Takes = 'Text'; Help = 'Send this User-Agent' }
            @{ Flags = @('--compression'); Takes = @('deflate', 'none'); Help = 'Offer permessage-deflate (RFC 7692), or nothing' }
            @{ Flags = @('--server-no-context-takeover'); Takes = ''; Help = 'Ask the server to compress each message on its own' }
            @{ Flags = @('--client-no-context-takeover'); Takes = ''; Help = 'Compress each message on its own' }
            @{ Flags = @('--server-max-window-bits'); Takes = 'Text'; Help = 'Ask the server for a compression window of at most 8 to 15 bits' }
            @{ Flags = @('--client-max-window-bits'); Takes = 'Text'; Help = 'Compress with a window of at most 9 to 15 bits' }
            @{ Flags = @('--extension'); Takes = 'Text'; Help = 'Offer this extension, too; what it does to frames is shown, not judged' }
            @{ Flags = @('-L', '--location'); Takes = ''; Help = 'Follow redirects, at most 10; credentials stay with the origin' }
            @{ Flags = @('--format'); Takes = @('human', 'plain', 'raw', 'json'); Help = 'How to write results' }
            @{ Flags = @('--json'); Takes = ''; Help = 'The same as --format json' }
            @{ Flags = @('-q', '--quiet'); Takes = ''; Help = 'No status on stderr; errors stay' }
            @{ Flags = @('-v', '--verbose'); Takes = ''; Help = 'Add frames, header bytes, masks and phases' }
            @{ Flags = @('--frames'); Takes = ''; Help = 'Report each frame, too' }
            @{ Flags = @('--color'); Takes = @('auto', 'always', 'never'); Help = 'When to use colour' }
            @{ Flags = @('--show-secrets'); Takes = ''; Help = 'Show credentials instead of ‹redacted›' }
            @{ Flags = @('--timeout'); Takes = 'Text'; Help = 'End the whole run after this; 0 means never' }
            @{ Flags = @('--connect-timeout'); Takes = 'Text'; Help = 'For the whole opening' }
            @{ Flags = @('--close-timeout'); Takes = 'Text'; Help = 'For the answer to our Close' }
            @{ Flags = @('--max-size'); Takes = 'Text'; Help = 'The largest message to accept, inflated' }
            @{ Flags = @('--ok-close'); Takes = 'Code'; Help = 'Exit 0 when the peer closes with this code, too' }
            @{ Flags = @('-k', '--insecure'); Takes = ''; Help = 'Accept any certificate; show what is wrong' }
            @{ Flags = @('--cacert'); Takes = 'File'; Help = 'Trust these CA certificates: a PEM file or a directory' }
            @{ Flags = @('--cert'); Takes = 'File'; Help = 'Show this client certificate (PEM; its chain and key may be in it)' }
            @{ Flags = @('--key'); Takes = 'File'; Help = 'The client certificate''s key (PEM), if in another file' }
            @{ Flags = @('--servername'); Takes = 'Text'; Help = 'Ask for (SNI) and verify this name, not the URL''s host' }
            @{ Flags = @('--tls-min'); Takes = @('1.0', '1.1', '1.2', '1.3'); Help = 'The oldest TLS version to accept' }
            @{ Flags = @('--proxy'); Takes = 'Text'; Help = 'Go through this proxy: http://, https://, socks5://, socks5h://, socks4:// or socks4a://' }
            @{ Flags = @('--no-proxy'); Takes = ''; Help = 'Use no proxy, not even the environment''s' }
            @{ Flags = @('--resolve'); Takes = 'Text'; Help = 'Use this address for HOST:PORT' }
            @{ Flags = @('--connect-to'); Takes = 'Text'; Help = 'Connect to this in place of the URL''s host and port' }
            @{ Flags = @('--unix-socket'); Takes = 'File'; Help = 'Connect to this Unix socket' }
            @{ Flags = @('-4', '--ipv4'); Takes = ''; Help = 'Use IPv4 only' }
            @{ Flags = @('-6', '--ipv6'); Takes = ''; Help = 'Use IPv6 only' }
            @{ Flags = @('-h', '--help'); Takes = ''; Help = 'Show this message and exit' }
        )
        'completion' = @(
            @{ Flags = @('-h', '--help'); Takes = ''; Help = 'Show this message and exit' }
        )
    }
    $arguments = @{
        'connect' = 'Url'
        'handshake' = 'Url'
        'ping' = 'Url'
        'close' = 'Url'
        'check' = 'Url'
        'serve' = 'Scenario'
        'config' = 'Text'
        'completion' = @('bash', 'zsh', 'fish', 'powershell')
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
        foreach ($scheme in 'wss://', 'ws://', 'https://', 'http://', 'demo:') { Offer $scheme $scheme 'ParameterValue' }
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
