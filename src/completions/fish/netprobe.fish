# SPDX-License-Identifier: ISC
# Completion of netprobe(1) for fish. Its words are those of --help.
function __netprobe_sets
    netprobe --help 2>/dev/null | sed -n 's/^SETs: \([^.]*\)\..*/\1/p' | string split ' '
end
for __netprobe_option in (netprobe --help 2>/dev/null | grep -oE -- '--[a-z-]+' | sort -u | string trim -l -c -)
    switch $__netprobe_option
        case only
            complete -c netprobe -l only -x -a "(netprobe --list | string split -f 1 ' ')"
        case inherit
            complete -c netprobe -l inherit -x -a "(__fish_complete_list , __netprobe_sets)"
        case user
            complete -c netprobe -l user -x
        case probe
            complete -c netprobe -l probe -r -F
        case '*'
            complete -c netprobe -l $__netprobe_option
    end
end
complete -c netprobe -x -a '(__fish_complete_subcommand -- --only --inherit --user --probe)'
