# Prints the command line's words from the command's name on, one on a line; what goes before it is put into
# __snapctl_globals as far as asking snapctl needs it. Fails where there is no command yet.
function __snapctl_command_words
    set -g __snapctl_globals
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case -c --connect
                set -q words[2]; and set -a __snapctl_globals -c $words[2]
                set -e words[1]
            case '-c?*' '--connect=*' -r --readonly
                set -a __snapctl_globals $words[1]
            case -d -e -k -K -l --debug --escape --keepalive-interval --keepalive-count --log
                set -e words[1]
            case '-*'
            case '*'
                string join \n -- $words
                return 0
        end
        set -e words[1]
    end
    return 1
end

function __snapctl_wants_command
    not __snapctl_command_words >/dev/null
end

# The line is about the command named.
function __snapctl_in
    set -l words (__snapctl_command_words)
    and test "$words[1]" = $argv[1]
end

# A word of a command that is no option.
function __snapctl_wants_value
    __snapctl_command_words >/dev/null
    and not string match -q -- '-*' (commandline -ct)
end

# Asks snapctl, which asks the hypervisor if need be. Prints candidates, each with a tab and what it is.
function __snapctl_ask
    set -l words (__snapctl_command_words)
    or return
    set -l program (commandline -opc)[1]
    set -l current (commandline -ct | string unescape)
    # Of --name=value fish wants the value alone.
    set -l head (string match -r -- '^--[A-Za-z0-9-]+=' "$current")
    command $program $__snapctl_globals -q complete --describe -- $words "$current" </dev/null 2>/dev/null | while read -l -d \t text help more
        string match -q -- '--*' $text; and test -z "$head"; and continue
        test -n "$head"; and set text (string replace -- "$head" '' $text)
        printf '%s\t%s\n' $text $help
    end
end
