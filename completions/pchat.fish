# fish completion for pchat. It asks the program; what that says is offered, never evaluated.

# Whether the next word is the value of this option; -f is one with send, tell and reply only.
function __pchat_takes_value # OPTION COMMAND
    contains -- "$argv[1]" -s --session --socket --timeout --color \
        --at-once --before --cancel --file --grep --id --keep --limit --max-unread --max-unread-bytes \
        --note --number -n --output -o --since --to --via
    or begin
        test "$argv[1]" = -f; and contains -- "$argv[2]" send tell reply
    end
end

# The words before the one being typed, without options and their values.
function __pchat_words
    set -l skip no
    set -l command
    for word in (commandline -opc)[2..-1]
        if test $skip = yes
            set skip no
        else if __pchat_takes_value $word $command
            set skip yes
        else if not string match -q -- '-*' $word
            set -q command[1]; or set command $word
            echo -- $word
        end
    end
end

# Whether the value of an option is being typed: then it is no operand.
function __pchat_value_typed
    __pchat_takes_value (commandline -opc)[-1] (__pchat_command)
end

function __pchat_command
    set -l words (__pchat_words)
    echo -- $words[1]
end

# Whether an operand of one of these commands is being typed, the first one.
function __pchat_first_operand
    set -l words (__pchat_words)
    test (count $words) -eq 1; and not __pchat_value_typed; and contains -- $words[1] $argv
end

function __pchat_no_command
    test (count (__pchat_words)) -eq 0; and not __pchat_value_typed
end

# As the session that is named on the line.
function __pchat_ask
    set -l words (commandline -opc)
    set -l session
    for i in (seq (math (count $words) - 1))
        if contains -- $words[$i] -s --session
            set session -s $words[(math $i + 1)]
        end
    end
    command pchat $session __complete $argv 2>/dev/null
end

# Of a crowd those that begin as what was typed; where none does, all of them: fish finds it in their middle, too.
function __pchat_users
    set -l typed (commandline -ct)
    set -l found
    if string match -qr '^[A-Za-z0-9._-]+$' -- $typed
        set found (__pchat_ask users $typed)
    end
    if test (count $found) -eq 0
        __pchat_ask users
        return
    end
    printf '%s\n' $found
end

# History is read without a session, too.
function __pchat_sessions
    if contains -- (__pchat_command) history
        __pchat_ask inboxes
    else
        __pchat_ask sessions
    end
end

# Behind the -- of with, on-message and accept stands somebody else's command line.
function __pchat_behind_dashes
    contains -- -- (commandline -opc); and contains -- (__pchat_command) with on-message accept
end

function __pchat_other_command
    set -l words (commandline -opc)
    set -l other $words[(math (contains -i -- -- $words) + 1)..-1]
    complete -C (string join ' ' -- (string escape -- $other) (commandline -ct))
end

function __pchat_typing_option
    string match -q -- '-*' (commandline -ct); and not contains -- -- (commandline -opc)
end

complete -c pchat -e
complete -c pchat -f
complete -c pchat -n __pchat_no_command -a '(__pchat_ask commands)'
complete -c pchat -n '__pchat_first_operand to chat with tell history block' -a '(__pchat_users)'
complete -c pchat -n '__pchat_first_operand login history' -a '(__pchat_ask logins)'
complete -c pchat -n '__pchat_first_operand block allow' -a '(__pchat_ask groups)'
complete -c pchat -n '__pchat_first_operand unblock' -a '(__pchat_ask rules)'
complete -c pchat -n '__pchat_first_operand accept decline' -a '(__pchat_ask offers)'
complete -c pchat -n 'contains -- (__pchat_command) give; and not __pchat_value_typed' -F
complete -c pchat -n '__pchat_first_operand help' -a '(__pchat_ask commands)'
complete -c pchat -n '__pchat_first_operand dnd notes' -a 'on off'
complete -c pchat -n '__pchat_first_operand shellinit' -a 'bash zsh fish'
complete -c pchat -n __pchat_behind_dashes -a '(__pchat_other_command)'
complete -c pchat -n __pchat_typing_option -a '(__pchat_ask options (__pchat_command))'
complete -c pchat -s s -l session -x -a '(__pchat_sessions)' -d 'act as this session of yours'
complete -c pchat -l color -x -a 'auto always never' -d colour
complete -c pchat -l socket -r -F -d "the daemon's socket"
complete -c pchat -l timeout -x -d 'give up after SEC seconds'
complete -c pchat -n 'contains -- (__pchat_command) send ask' -l to -x -a '(__pchat_users)' -d 'only if NAME is the partner'
complete -c pchat -n 'contains -- (__pchat_command) accept' -s o -l output -r -F -d 'into a new file of this name'
complete -c pchat -n 'contains -- (__pchat_command) send tell reply' -s f -l file -r -F -d 'read FILE instead of standard input'
