# Completes the program's own options, then hands over to the command's.
_snapctl() {
  local curcontext="$curcontext" state ret=1 program=${words[1]}
  local -A opt_args
  local -a globals
  _arguments -C -S -s "${_snapctl_globals[@]}" '1: :->command' '*:: :->words' && ret=0

  # The hypervisor and the mode that the line names so far.
  local uri=${(Q)${opt_args[-c]:-${opt_args[--connect]}}}
  # _arguments puts a backslash before each colon of a value.
  [[ -n $uri ]] && globals+=(-c "${uri//\\:/:}")
  (( ${+opt_args[-r]} || ${+opt_args[--readonly]} )) && globals+=(-r)

  case $state in
    command) _describe -t commands 'command' _snapctl_commands && ret=0 ;;
    words) _snapctl_words && ret=0 ;;
  esac
  return ret
}

# Completes a word of a command: words[1] is its name.
_snapctl_words() {
  local command=${words[1]} current=${words[CURRENT]} previous name
  (( CURRENT > 2 )) && previous=${words[CURRENT-1]}
  if [[ " ${_snapctl_valued[$command]} " == *" $previous "* && -n $previous ]]; then
    _snapctl_value "$command" "$previous"
  elif [[ $current == --*=* ]]; then
    name=${current%%=*}
    if compset -P '*='; then _snapctl_value "$command" "$name"; fi
  elif [[ $current == -* ]]; then
    _snapctl_option "$command"
  else
    _snapctl_ask
  fi
}

# Options of a command that the line doesn't have yet.
_snapctl_option() {
  local -a options left
  local option name
  options=("${(@f)_snapctl_options[$1]}")
  for option in $options; do
    name=${option%%:*}
    (( ${words[(I)$name]} > 0 && ${words[(I)$name]} != CURRENT )) || left+=("$option")
  done
  _describe -t options 'option' left
}

# Values of one option.
_snapctl_value() {
  local values=${_snapctl_values[$1 $2]}
  case $values in
    '') _snapctl_ask ;;
    @files) _files ;;
    @folders) _files -/ ;;
    *) compadd -- ${=values} ;;
  esac
}

# Asks snapctl, which asks the hypervisor if need be.
_snapctl_ask() {
  local -a lines open closed
  local line text help more
  local -a asked=("${(@Q)words[1,CURRENT]}")
  lines=("${(@f)$(_call_program snapctl ${(q)${(Q)program}/#\~/$HOME} ${(q)globals[@]} -q complete --describe -- ${(q)asked[@]} </dev/null 2>/dev/null)}")
  for line in $lines; do
    text=${line%%$'\t'*}
    help=${line#*$'\t'}
    [[ $help == *$'\t+' ]] && more=1 || more=
    help=${help%$'\t+'}
    # What stands before = is not part of the word that compset left.
    text=${text#$IPREFIX}
    text=${text//\\/\\\\}
    text=${text//:/\\:}
    [[ -n $more ]] && open+=("$text${help:+:$help}") || closed+=("$text${help:+:$help}")
  done
  local ret=1
  (( $#closed )) && _describe -t values 'value' closed && ret=0
  (( $#open )) && _describe -t values 'value' open -S '' && ret=0
  return ret
}

_snapctl "$@"
