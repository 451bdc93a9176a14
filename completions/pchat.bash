# bash completion for pchat. It asks the program for commands, options, names; what the program says is data: it is
# compared and quoted, never evaluated. Needs nothing of the bash-completion package.

# Inside of quotes as it is; and without what stands before the last @, where bash begins a new word, which has that @.
__pchat_reply() { # WORD
	local word=$1
	[[ -n $quoted ]] || printf -v word %q "$word"
	COMPREPLY+=("${word#"$prefix"}")
}

# __pchat_offer WORD...: those that begin with what was typed.
__pchat_offer() {
	local word
	for word; do
		if [[ $word == "$cur"* ]]; then
			__pchat_reply "$word"
		fi
	done
}

# Whether a word begins with what was typed. Names are the same in any case.
__pchat_begins() { # WORD
	[[ ${1,,} == "${cur,,}"* ]]
}

# __pchat_ask WHAT...: offers the first column of what the program answers.
__pchat_ask() {
	local word
	local -a words=()
	mapfile -t words < <("${pchat[@]}" __complete "$@" 2>/dev/null)
	words=("${words[@]%%$'\t'*}")
	for word in "${words[@]}"; do
		if __pchat_begins "$word"; then
			__pchat_reply "$word"
		fi
	done
}

# Of a crowd the program picks those that begin so, in order: when the first and the last do, all do (a program that does not pick
# is not believed). Where none of them is to be quoted they are taken together, which spares a crowd nearly all of the time.
__pchat_users() {
	local all
	local -a words
	[[ $cur == *[!A-Za-z0-9._-]* ]] ||
		all=$("${pchat[@]}" __complete names "$cur" 2>/dev/null) # not by mapfile: of a pipe it reads each byte alone
	if [[ -n $prefix || -z ${all-} || $all == *[!A-Za-z0-9._$'\n'-]* ]]; then
		__pchat_ask users
		return
	fi
	mapfile -t words <<<"$all"
	if __pchat_begins "${words[0]}" && __pchat_begins "${words[-1]}"; then
		COMPREPLY+=("${words[@]}")
		return
	fi
	for all in "${words[@]}"; do
		! __pchat_begins "$all" || COMPREPLY+=("$all")
	done
}

__pchat_files() {
	local file
	while IFS= read -r file; do
		COMPREPLY+=("$file")
	done < <(compgen -f -- "$cur")
	compopt -o filenames 2>/dev/null
}

# History is read without a session, too.
__pchat_sessions() {
	if [[ $command == history ]]; then
		__pchat_ask inboxes
	else
		__pchat_ask sessions
	fi
}

# The value of an option.
__pchat_value() { # OPTION
	case $1 in
	-s | --session) __pchat_sessions ;;
	--to) __pchat_users ;;
	--socket | --file | -f | --output | -o) __pchat_files ;;
	--color) __pchat_offer auto always never ;;
	esac
}

# What a command's operands are.
__pchat_operand() { # COMMAND HOW-MANY-ALREADY
	case $1 in
	to | chat | with | tell) [[ $2 -gt 0 ]] || __pchat_users ;;
	history) [[ $2 -gt 0 ]] || { __pchat_users; __pchat_ask logins; } ;;
	login) [[ $2 -gt 0 ]] || __pchat_ask logins ;;
	block) [[ $2 -gt 0 ]] || { __pchat_users; __pchat_ask groups; } ;;
	allow) [[ $2 -gt 0 ]] || __pchat_ask groups ;;
	unblock) [[ $2 -gt 0 ]] || __pchat_ask rules ;;
	accept | decline) [[ $2 -gt 0 ]] || __pchat_ask offers ;;
	give) __pchat_files ;;
	help) [[ $2 -gt 0 ]] || __pchat_ask commands ;;
	dnd | notes) [[ $2 -gt 0 ]] || __pchat_offer on off ;;
	shellinit) [[ $2 -gt 0 ]] || __pchat_offer bash zsh fish ;;
	esac
}

# Whether the next word is the value of this option; -f is one with send and tell only.
__pchat_takes_value() { # OPTION COMMAND
	case $1 in
	-s | --session | --socket | --timeout | --color) return 0 ;;
	--at-once | --before | --cancel | --file | --grep | --id | --keep | --limit | --max-unread | --max-unread-bytes) return 0 ;;
	--note | --number | -n | --output | -o | --since | --to | --via) return 0 ;;
	-f) [[ $2 == send || $2 == tell || $2 == reply ]] ;;
	*) return 1 ;;
	esac
}

# After `--` of on-message, with and accept: somebody else's command line.
__pchat_other_command() { # INDEX
	if declare -F _command_offset >/dev/null; then
		_command_offset "$1"
	elif [[ $COMP_CWORD -eq $1 ]]; then
		local word
		while IFS= read -r word; do
			COMPREPLY+=("$word")
		done < <(compgen -c -- "$cur")
	else
		__pchat_files
	fi
}

_pchat() {
	local cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
	local command='' option='' word operands=0 i quoted='' prefix='' last=$((COMP_CWORD - 1))
	local -a pchat
	COMPREPLY=()

	# Inside of quotes the first of them is part of the word.
	[[ $cur == [\"\']* ]] && quoted=yes cur=${cur#?}
	# bash begins a new word at @.
	if [[ $cur == @ || $before == @ ]]; then
		[[ $cur == @ ]] || cur=@$cur last=$((last - 1))
		word=${COMP_WORDS[last]}
		if [[ $last -gt 1 && -n ${COMP_LINE-} && $COMP_LINE == *[[:blank:]=]"$word@"* ]]; then
			cur=$word$cur prefix=$word last=$((last - 1))
		fi
		before=${COMP_WORDS[last]}
	fi

	# The program as it was called, where it can be; and, of the session that was named, the names.
	pchat=("${COMP_WORDS[0]}")
	type -P -- "${COMP_WORDS[0]}" >/dev/null || pchat=(pchat)

	for ((i = 1; i <= last; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == -- ]]; then
			[[ $command == with || $command == on-message || $command == accept ]] && __pchat_other_command $((i + 1))
			return
		elif [[ $word == = ]]; then
			continue # bash cuts --option=value into three words
		elif [[ ${COMP_WORDS[i - 1]} == = && $i -gt 2 && ${COMP_WORDS[i - 2]} == -* ]]; then
			option=${COMP_WORDS[i - 2]}
		elif __pchat_takes_value "${COMP_WORDS[i - 1]}" "$command" && [[ $i -gt 1 ]]; then
			option=${COMP_WORDS[i - 1]}
		elif [[ $word == -* ]]; then
			continue
		elif [[ -z $command ]]; then
			command=$word
			continue
		else
			operands=$((operands + 1))
			continue
		fi
		[[ $option == -s || $option == --session ]] && pchat+=(-s "$word")
	done

	if [[ $cur == = ]]; then
		cur=''
		__pchat_value "$before"
	elif [[ $before == = && $last -gt 1 ]]; then
		__pchat_value "${COMP_WORDS[last - 1]}"
	elif __pchat_takes_value "$before" "$command"; then
		__pchat_value "$before"
	elif [[ $cur == -* ]]; then
		__pchat_ask options ${command:+"$command"}
	elif [[ -z $command ]]; then
		__pchat_ask commands
	else
		__pchat_operand "$command" "$operands"
	fi
}

complete -F _pchat pchat
