#!/bin/bash
# Sentences in another language: every program says the same for each setting of the environment; what programs read stays
# English; columns line up; and a chat in Chinese at a real terminal.
. "${0%/*}/lib.sh"
. "${0%/*}/terminal.sh"
[ -e "$PCHAT_EXEC_PATH/locale/zh_CN/LC_MESSAGES/pchat.mo" ] || skip_all "these programs have no translations beside them"

start_daemon
for user in alice bob; do
	add_user "$user"
done

# ---------------------------------------------------------------------- which language
# The light program, the full one, and what each says of having no session.
says() { # zh|en VARIABLE=VALUE...
	local language=$1 wanted light
	shift
	case $language in
	zh) wanted='^pchat: 您没有登录；登录请用：pchat login' ;;
	en) wanted='^pchat: you are not logged in; log in with: pchat login' ;;
	esac
	run alice env -u LC_ALL -u LANG -u LC_CTYPE "$@" pchat send hello
	[ "$status" -eq 3 ] || ok 1 "send: exit status 3" "$status"
	light=$err
	like "$light" "$wanted" "$language with $*"
	run alice env -u LC_ALL -u LANG -u LC_CTYPE "$@" pchat status
	is "$err" "$light" "and pchat-full says the same"
}

says en LANG=
says en LANGUAGE=zh_CN
says en LC_ALL=C LANGUAGE=zh_CN
says zh LC_ALL=C.UTF-8 LANGUAGE=zh_CN
says zh LANG=en_US.UTF-8 LANGUAGE=zh_CN:en
says en LANG=en_US.UTF-8 LANGUAGE=en:zh_CN
says zh LC_ALL=zh_CN.UTF-8
says zh LC_MESSAGES=zh_CN.UTF-8
says zh LANG=zh_CN.UTF-8
says en LANG=zh_CN.UTF-8 LC_ALL=de_DE.UTF-8
says en LC_ALL=zh_CN.GB18030
says en LC_ALL=C.UTF-8 LANGUAGE=../../zh_CN
says en LC_ALL=C.UTF-8

export LANGUAGE=zh_CN

# ------------------------------------------------------- the helper, the help, and remarks
run alice pchat login alice
like "$err" '已登录为 alice' "a remark"
run alice pchat login alice
exits 9 "a name in use: the status is no word"
like "$err" '^pchat: alice：您已用该名字登录$' "what the helper reports"
run alice pchat to
exits 2 "usage"
like "$err" '^pchat: 与谁？用法：pchat to NAME \[--wait\[=SEC\]\]' "usage in Chinese, options as they are"
run alice pchat to nosuch
exits 5 "nobody of that name"
like "$err" '没有这个名字的人在线' "the words of a verdict"
run alice pchat send -- $'\e]2;evil\a'
run alice pchat to '‮evil'
unlike "$err" $'[\e\xe2]' "foreign bytes are as safe as in English"
# What the system says, by the program that is linked by itself and by one that is linked as the rest.
run alice pchat send -f "$T/nosuch"
exits 71 "no such file"
like "$err" '：没有那个文件或目录$' "the system's own words are Chinese as well"
run alice pchat give "$T/nosuch"
like "$err" '：没有那个文件或目录$' "from each program"
run alice pchat send --json -f "$T/nosuch"
like "$err" ': No such file or directory"' "and English where programs read"
for command in send to read login history with; do
	run alice pchat help "$command"
	exits 0 "help $command"
	wide=$(printf '%s\n' "${out//[“”]/}" | while IFS= read -r row; do # these take one column
		bytes=$(LC_ALL=C; echo ${#row})
		[ $((${#row} + (bytes - ${#row}) / 2)) -le 80 ] || echo "$row"
	done)
	is "$wide" "" "help $command fits 80 columns"
	like "$out" '用法：' "and is in Chinese"
done

# ---------------------------------------------------------------------- what programs read
run alice pchat login --json alice
like "$err" '"name":"taken","message":"alice: you are logged in under that name already"' "errors as JSON are English, also a helper's"
run alice pchat nosuch --json
like "$err" '"message":"unknown command' "also when --json stands behind the mistake"
login bob
run alice pchat to bob
run alice pchat send 'hello'
run bob pchat read --json
is "$(jq -r .type <<<"$out" | tr '\n' ' ')" "paired message " "the types of records are words of the format"
run alice pchat who --json
is "$(jq -r .state <<<"$out" | sort -u)" paired "and states"
run alice pchat doctor --json
unlike "${out//$'\n'/}" '[^ -~]' "and what the doctor finds"
prompt_is alice bob "a prompt"

# ---------------------------------------------------------------------- records and columns
run alice pchat send "你好"
run alice pchat leave
run bob pchat read
like "$out" '\] alice: 你好' "what somebody says is as it is"
like "$out" '\] \* alice 离开了聊天$' "what pchat says is Chinese"
run bob pchat status
like "$out" '^bob: 空闲（上一位聊天对象已离开），0 条未读$' "status"
login 小明
login dora
run bob pchat who
# The time begins in the same column of every row.
columns=$(while IFS= read -r row; do
	row=${row%% 20[0-9][0-9]-*}
	bytes=$(LC_ALL=C; echo ${#row})
	echo $((${#row} + (bytes - ${#row}) / 2))
done <<<"$out" | sort -u)
is "$(grep -c . <<<"$columns")" 1 "the columns of who line up under wide characters"
like "$out" '小明 .*空闲' "a wide name and a wide word"

# ---------------------------------------------------------------------- a transfer
# In as many words as fit; on a terminal that cannot write over a row, in none.
run alice pchat to bob
head -c 30000000 /dev/zero >"$T/alice/long"
is_offered() {
	(as bob pchat accept --list) >"$T/list" 2>/dev/null
}
spawn far alice env TERM=xterm script -qec "stty cols 60; pchat give '$T/alice/long'" /dev/null
wait_until is_offered
spawn taker bob env TERM=dumb script -qec "pchat accept -- sh -c 'head -c 1000000 >/dev/null; exec sleep 10000'" /dev/null
wait_until has_line "$T/far.out" '[0-9.]+ [kM]B / 30 MB，[0-9.]+ [kM]B/s，剩余 [0-9]+:[0-9][0-9]'
ok $? "how far it is, in Chinese" "$(head -c 500 "$T/far.out")"
run alice pchat leave
reap far
reap taker
unlike "$(cat "$T/taker.out")" $'\e.K' "and no escape sequence on a terminal that knows none"

# ---------------------------------------------------------------------- a chat
terminal alice 80 24
type_keys 'export LC_ALL=C.UTF-8 LANGUAGE=zh_CN' Enter
anew 'pchat chat'
shows '^\* 您是 alice；/help 显示您能做什么，\^D 关闭聊天$' "a chat says in Chinese who one is"
shows '^（无人）> *$' "and with whom one talks"
type_keys '早上好' Enter
shows '未发送.*没有人在与您聊天' "what is refused says why"
send_keys C-u
type_keys '/help' Enter
shows '^  /leave +结束这次聊天，保持登录$' "the commands"
type_keys '/to bob' Enter
shows '^发给 bob> *$' "the prompt"
type_keys '你好 hello' Enter
wait_until has_unread_record bob message
run bob pchat read --raw
is "$out" '你好 hello' "a line arrives as it was typed"
run alice pchat history -n 1
like "$out" '\] alice 对 bob: 你好 hello$' "and to whom it was said"
type_keys '/quit smoking' Enter
shows '什么也没做：/quit 不带参数' "a command that is not meant"
send_keys C-u
run bob pchat leave
shows '\* bob 离开了聊天' "what the partner does"
shows '^（无人）> *$' "and the prompt follows"
send_keys C-d
shows '^\$ *$' "the chat is closed"
close_terminal
finish
