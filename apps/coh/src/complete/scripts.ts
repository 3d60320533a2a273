// The completion scripts of three shells. Each asks `coh __complete` with the words up to the cursor, so they never
// know less than the program. A candidate that ends in a slash gets no blank behind it.

/** Shells that have a script. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** A shell with a script. */
export type ShellName = (typeof SHELLS)[number];

const BASH = `# bash completion of coh; put it into ~/.bashrc:  source <(coh completion bash)
_coh() {
  # bash cuts words at = and :, too; in an address and after --data= they belong together.
  local IFS=$'\\n' rest="\${COMP_LINE:0:COMP_POINT}" words=() word
  for word in "\${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
    if [[ \${#words[@]} -eq 0 || $rest == [[:space:]]* ]]; then words+=("$word")
    else words[\${#words[@]}-1]+=$word; fi
    rest=\${rest#*"$word"}
  done
  COMPREPLY=($("$1" __complete -- "\${words[@]:1}" 2>/dev/null))
  COMPREPLY=("\${COMPREPLY[@]#"\${words[\${#words[@]}-1]%"\${COMP_WORDS[COMP_CWORD]}"}"}")
  if [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == */ ]]; then compopt -o nospace; fi
}
complete -F _coh coh ./coh
`;

const ZSH = `#compdef coh
# zsh completion of coh; put it into ~/.zshrc:  source <(coh completion zsh)
_coh() {
  local -a found open done
  found=("\${(@f)$("\${words[1]}" __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  open=(\${(M)found:#*/})
  done=(\${found:#*/})
  (( \${#open} )) && compadd -Q -S '' -- $open
  (( \${#done} )) && compadd -Q -- $done
}
compdef _coh coh ./coh
`;

const FISH = `# fish completion of coh; put it into ~/.config/fish/config.fish:  coh completion fish | source
function __coh_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  $words[1] __complete -- $words[2..-1] "$current" 2>/dev/null
end
complete -c coh -f -a '(__coh_complete)'
`;

/** Shell → script. */
export const SCRIPTS: Readonly<Record<ShellName, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
