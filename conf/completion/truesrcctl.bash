# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Completion of truesrcctl(8) for bash. What the words are the running agent
# says itself ("help"), and so which lists it has.

# _truesrcctl_next AGENT... -- WORD...: what may follow these words.
_truesrcctl_next() {
	local -a agent=() typed=() row
	local line i

	while [[ $1 != -- ]]; do
		agent+=("$1")
		shift
	done
	shift
	[[ $1 != json ]] || shift
	typed=("$@")
	while IFS= read -r line; do
		# Two blanks end the arguments; brackets are no words.
		line=${line%%  *}
		read -ra row <<<"${line//[\[\]]/}"
		for ((i = 0; i < ${#typed[@]}; i++)); do
			[[ ${row[i]} == "${typed[i]}" ||
				${row[i]} == [A-Z]* ]] || continue 2
		done
		case ${row[i]} in
		'' | \"*) ;;
		NAME)
			truesrcctl "${agent[@]}" show lists |
				sed -n 's/^\([a-z0-9_-]*\) .*/\1/p'
			;;
		[A-Z]*) ;;
		*) printf '%s\n' "${row[i]//|/$'\n'}" ;;
		esac
	done < <(truesrcctl "${agent[@]}" help)
}

_truesrcctl() {
	local current=${COMP_WORDS[COMP_CWORD]}
	local before=${COMP_WORDS[COMP_CWORD - 1]}
	local -a agent=() typed=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
	local options='-f --peer --header --policy --proxy --argument --json'
	local found

	COMPREPLY=()
	if [[ ${typed[0]} == explain ]]; then
		[[ $before == -f ]] && return
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
		return
	fi
	[[ $before == -s && $COMP_CWORD -eq 2 ]] && return
	if [[ ${typed[0]} == -s ]]; then
		agent=("${typed[@]:0:2}")
		typed=("${typed[@]:2}")
	fi
	found=$(_truesrcctl_next "${agent[@]}" -- "${typed[@]}" 2>/dev/null)
	[[ ${#typed[@]} -gt 0 ]] || found+=$'\njson\nexplain'
	mapfile -t COMPREPLY < <(compgen -W "$found" -- "$current")
}

# Names of files where nothing else is known.
complete -o default -F _truesrcctl truesrcctl
