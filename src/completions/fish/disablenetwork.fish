# SPDX-License-Identifier: ISC
# Completion of disablenetwork(1) for fish. What there is to complete the program says itself, in
# --help: manual.test and check_options compare that with its table.

function __disablenetwork_names --argument-names long
    set -l help (disablenetwork --help 2>/dev/null)
    switch $long
        case errno
            string match -rg '^errno names: (.*)' $help | string split ' '
        case keep-caps
            printf '%s\n' $help | sed -nE '/^capabilities/,/^$/s/^  ([a-z_]+):(.*)/\1\2/p' | string split ' ' | sort -u
        case require
            printf '%s\n' $help | sed -nE '/^facts/,/^[^ ]/s/^  ([a-z_]+):.*/\1/p'
    end
end

# Has prog been typed? Its own options are not ours.
function __disablenetwork_no_prog
    set -l typed (commandline -opc)
    set -e typed[1]
    while set -q typed[1]
        if contains -- $typed[1] $__disablenetwork_with_value
            set -e typed[1]
        else if not string match -q -- '-*' $typed[1]; or test $typed[1] = --
            return 1
        end
        set -e typed[1]
    end
    return 0
end

set -g __disablenetwork_with_value
set -l alone # --explain is one with a value, too
for __disablenetwork_line in (disablenetwork --help 2>/dev/null)
    set -l found (string match -r '^  (-[A-Za-z],|   ) --([a-z-]+)(=[A-Z]+|) +(.*)$' -- $__disablenetwork_line)
    or continue
    set -l letter (string trim -c '-, ' -- $found[2])
    set -l words -l $found[3] -d $found[5] -n __disablenetwork_no_prog
    test -z "$letter"; or set -a words -s $letter
    switch "$found[4]"
        case ''
        case =FILE =PATH
            set -a words -F
            contains -- $found[3] $alone; or set -a words -r
        case =NAME
            set -a words -x -a "(__disablenetwork_names $found[3])"
        case '*'
            set -a words -x -a "(__fish_complete_list , '__disablenetwork_names $found[3]')"
    end
    if test -z "$found[4]"
        set -a alone $found[3]
    else if not contains -- $found[3] $alone
        set -a __disablenetwork_with_value --$found[3]
        test -z "$letter"; or set -a __disablenetwork_with_value -$letter
    end
    for program in disablenetwork disablenetwork.static
        complete -c $program $words
    end
end
for program in disablenetwork disablenetwork.static
    complete -c $program -x -a '(__fish_complete_subcommand -- $__disablenetwork_with_value)'
end
