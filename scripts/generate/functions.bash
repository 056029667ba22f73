_snapctl() {
  local program=$1 at=1 i char quote='' started='' command prev REPLY
  # The word under the cursor: as the shell would read it, and as it stands.
  local cur='' raw=''
  local -a words=() globals=()
  COMPREPLY=()

  # COMP_WORDS is cut at = and : as well, and keeps quotes: the line is read anew.
  local line=${COMP_LINE:0:COMP_POINT}
  for ((i = 0; i < ${#line}; i++)); do
    char=${line:i:1}
    case $quote$char in
      [[:blank:]])
        [[ -z $started ]] || words+=("$cur")
        cur='' raw='' started=''
        continue
        ;;
      \' | \") quote=$char ;;
      \'\' | \"\") quote='' ;;
      \\ | \"\\)
        i=$((i + 1))
        cur+=${line:i:1}
        char+=${line:i:1}
        ;;
      *) cur+=$char ;;
    esac
    raw+=$char started=1
  done
  words+=("$cur")
  local last=$((${#words[@]} - 1))

  # The program's own options, up to the command's name.
  while ((at < last)); do
    case ${words[at]} in
      -c | --connect)
        globals+=(-c "${words[at + 1]}")
        at=$((at + 1))
        ;;
      -c?* | --connect=* | -r | --readonly) globals+=("${words[at]}") ;;
      -d | -e | -k | -K | -l | --debug | --escape | --keepalive-interval | --keepalive-count | --log) at=$((at + 1)) ;;
      -*) ;;
      *) break ;;
    esac
    at=$((at + 1))
  done

  prev=${words[last - 1]}
  command=${words[at]}
  if ((at > last)); then
    case $prev in
      -c | --connect) _snapctl_offer_words "$_snapctl_uris" ;;
      -l | --log) _snapctl_offer_files -f ;;
      -d | --debug) _snapctl_offer_words '0 1 2 3 4' ;;
    esac
  elif ((at == last)); then
    case $cur in
      --connect=*) _snapctl_offer_words "$_snapctl_uris" --connect= ;;
      --version=*) _snapctl_offer_words 'short long' --version= ;;
      -*) _snapctl_offer_words "$_snapctl_globals" ;;
      *) _snapctl_offer_words "$_snapctl_commands" ;;
    esac
  else
    _snapctl_complete_command
  fi

  # What bash puts in place begins after the last = or : that it cuts words at, outside quotes.
  local breaks=${COMP_WORDBREAKS//[!=:]/}
  if [[ -n $breaks && $raw != [\"\']* && $raw == *["$breaks"]* ]]; then
    local head=${raw%"${raw##*["$breaks"]}"}
    for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$head"}; done
  fi
}

# Completes a word of a command. Uses the variables of _snapctl.
_snapctl_complete_command() {
  local name left=''
  _snapctl_valued "$command"
  if [[ " $REPLY " == *" $prev "* ]]; then
    _snapctl_values "$command" "$prev"
    case $REPLY in
      '') _snapctl_ask ;;
      @files) _snapctl_offer_files -f ;;
      @folders) _snapctl_offer_files -d ;;
      *) _snapctl_offer_words "$REPLY" ;;
    esac
  elif [[ $cur == --*=* ]]; then
    name=${cur%%=*}
    _snapctl_values "$command" "$name"
    case $REPLY in
      '' | @*) _snapctl_ask ;;
      *) _snapctl_offer_words "$REPLY" "$name=" ;;
    esac
  elif [[ $cur == -* ]]; then
    _snapctl_options "$command"
    for name in $REPLY; do
      [[ " ${words[*]:at+1:last-at-1} " == *" $name"[\ =]* ]] || left+="$name "
    done
    _snapctl_offer_words "$left"
  else
    _snapctl_ask
  fi
}

# Words that begin as the one under the cursor does; the second argument is put in front of each.
_snapctl_offer_words() {
  local word
  for word in $1; do
    word=$2$word
    [[ $word != "$cur"* ]] || COMPREPLY+=("$word")
  done
  # A URI that is only begun.
  [[ ${COMPREPLY[0]} != *[/=] ]] || compopt -o nospace 2>/dev/null
}

_snapctl_offer_files() {
  local word
  compopt -o filenames 2>/dev/null
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$1" -- "$cur")
}

# Asks snapctl, which asks the hypervisor if need be.
_snapctl_ask() {
  local text help more
  while IFS=$'\t' read -r text help more; do
    # A trailing + says that the word may go on.
    [[ $help != + && $more != + ]] || compopt -o nospace 2>/dev/null
    if [[ $raw != [\"\']* ]]; then
      printf -v text %q "$text"
      # These need no quoting, and are typed without.
      text=${text//\\,/,}
    fi
    COMPREPLY+=("$text")
  done < <("${program/#\~/$HOME}" "${globals[@]}" -q complete --describe -- "${words[@]:at}" </dev/null 2>/dev/null)
}

complete -o nosort -F _snapctl snapctl 2>/dev/null || complete -F _snapctl snapctl
