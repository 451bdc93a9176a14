#compdef pchat
# zsh completion for pchat. It asks the program; what that says is offered, never evaluated.

__pchat_ask() { # WHAT...
	local word about
	local -a offered begins=()
	# Of a crowd those that begin so; where none does, all: a matcher may find it elsewhere in them.
	if [[ $1 == users && $# -eq 1 && $PREFIX != *[^A-Za-z0-9._-]* && -n $PREFIX ]]; then
		begins=("$PREFIX")
		[[ -n $("${pchat[@]}" __complete users "$PREFIX" 2>/dev/null) ]] || begins=()
	fi
	while IFS=$'\t' read -r word about; do
		offered+=("${word//:/\\:}:$about")
	done < <("${pchat[@]}" __complete "$@" "${begins[@]}" 2>/dev/null)
	if [[ $1 == options ]]; then
		_describe -o "$1" offered
	else
		_describe "$1" offered -M 'm:{a-zA-Z}={A-Za-z}'
	fi
}

# History is read without a session, too.
__pchat_sessions() {
	if [[ $command == history ]]; then
		__pchat_ask inboxes
	else
		__pchat_ask sessions
	fi
}

__pchat_value() { # OPTION
	case $1 in
	-s | --session) __pchat_sessions ;;
	--to) __pchat_ask users ;;
	--socket | --file | -f | --output | -o) _files ;;
	--color) compadd auto always never ;;
	esac
}

__pchat_operand() { # COMMAND HOW-MANY-ALREADY
	case $1 in
	to | chat | with | tell) (($2)) || __pchat_ask users ;;
	history) (($2)) || { __pchat_ask users; __pchat_ask logins } ;;
	login) (($2)) || __pchat_ask logins ;;
	block) (($2)) || { __pchat_ask users; __pchat_ask groups } ;;
	allow) (($2)) || __pchat_ask groups ;;
	unblock) (($2)) || __pchat_ask rules ;;
	accept | decline) (($2)) || __pchat_ask offers ;;
	give) _files ;;
	help) (($2)) || __pchat_ask commands ;;
	dnd | notes) (($2)) || compadd on off ;;
	shellinit) (($2)) || compadd bash zsh fish ;;
	esac
}

__pchat_takes_value() { # OPTION COMMAND
	case $1 in
	-s | --session | --socket | --timeout | --color) return 0 ;;
	--at-once | --before | --cancel | --file | --grep | --id | --keep | --limit | --max-unread | --max-unread-bytes) return 0 ;;
	--note | --number | -n | --output | -o | --since | --to | --via) return 0 ;;
	-f) [[ $2 == send || $2 == tell || $2 == reply ]] ;;
	*) return 1 ;;
	esac
}

_pchat() {
	local command='' option='' word i
	local -i operands=0
	local -a pchat
	pchat=(pchat)

	for ((i = 2; i < CURRENT; i++)); do
		word=$words[i]
		if [[ -n $option ]]; then
			[[ $option == (-s|--session) ]] && pchat+=(-s "$word")
			option=
		elif [[ $word == -- ]]; then
			if [[ $command == (with|on-message|accept) ]]; then
				shift $i words
				((CURRENT -= i))
				_normal
			fi
			return
		elif [[ $word == --session=* ]]; then
			pchat+=(-s "${word#*=}")
		elif __pchat_takes_value "$word" "$command"; then
			option=$word
		elif [[ $word == -* ]]; then
			continue
		elif [[ -z $command ]]; then
			command=$word
		else
			((operands++))
		fi
	done

	word=$words[CURRENT]
	if [[ -n $option ]]; then
		__pchat_value "$option"
	elif [[ $word == --*=* ]]; then
		compset -P '*='
		__pchat_value "${word%%=*}"
	elif [[ $word == -* ]]; then
		__pchat_ask options $command
	elif [[ -z $command ]]; then
		__pchat_ask commands
	else
		__pchat_operand "$command" $operands
	fi
}

# Found in fpath, this file is the function; evaluated, it only defines it.
if [[ "${funcstack[*]} " == "_pchat "* ]]; then
	_pchat "$@"
elif whence compdef >/dev/null; then
	compdef _pchat pchat
else
	# Evaluated before compinit: as soon as there is one.
	__pchat_compdef() {
		whence compdef >/dev/null || return 0
		compdef _pchat pchat
		add-zsh-hook -d precmd __pchat_compdef
	}
	autoload -Uz add-zsh-hook && add-zsh-hook precmd __pchat_compdef
fi
