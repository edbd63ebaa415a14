// The completion scripts of the shells: one small function each over tables of what can follow a command.

import type { CompletionFlag, CompletionNode } from "./completion-tree.ts";

export function toBashScript(root: CompletionNode): string {
  return `# bash completion of brisk; made by: brisk completion bash
_brisk() {
  local current=\${COMP_WORDS[COMP_CWORD]} command= word words index=1 skip=0
  while ((index < COMP_CWORD)); do
    word=\${COMP_WORDS[index++]}
    if ((skip > 0)); then skip=$((skip - 1)); continue; fi
    case "$command $word" in
${listFlagCases(root).join("\n")}
    esac
    case "$command/$word" in
${listCommandCases(root).join("\n")}
    esac
  done
  COMPREPLY=()
  if ((skip > 0)); then compopt -o default; return; fi
  case $command in
${flatten(root).map(toBashCase).join("\n")}
  esac
  if [[ $current == -* ]]; then words=$flags
  elif [[ -n $verbs ]]; then words=$verbs
  elif [[ $operands == files ]]; then compopt -o default; return
  elif [[ $operands == actions ]]; then
    local IFS=$'\\n'
    COMPREPLY=($(compgen -W "$(brisk completion names 2>/dev/null)" -- "$current"))
    # An action's name may come first and a file after it.
    compopt -o default
    return
  else return
  fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _brisk brisk
`.replace("local current", "local flags= verbs= operands=\n  local current");
}

/** `"action create"/…` leads on to a deeper command. */
function listCommandCases(root: CompletionNode): readonly string[] {
  return flatten(root)
    .filter(({ path }) => path !== "")
    .map(({ path }) => {
      const names = path.split(" ");
      const above = names.slice(0, -1).join(" ");
      return `      ${quote(`${above}/${names.at(-1)}`)}) command=${quote(path)} ;;`;
    });
}

/** Flags whose values must not be taken for a command. */
function listFlagCases(root: CompletionNode): readonly string[] {
  return flatten(root).flatMap(({ path, flags }) =>
    [1, 2].flatMap((count) => {
      const names = flags.filter(({ valueCount }) => valueCount === count).flatMap(listNames);
      if (names.length === 0) return [];
      const patterns = names.map((name) => quote(`${path} ${name}`)).join("|");
      return [`      ${patterns}) skip=${count}; continue ;;`];
    }),
  );
}

function toBashCase({ path, commands, flags, operands }: CompletionNode): string {
  const verbs = commands.map((each) => lastName(each)).join(" ");
  const names = flags.flatMap(listNames).join(" ");
  return `    ${quote(path)}) verbs=${quote(verbs)} flags=${quote(names)} operands=${operands} ;;`;
}

export function toZshScript(root: CompletionNode): string {
  return `#compdef brisk
# zsh completion of brisk; made by: brisk completion zsh
_brisk() {
  local command= word index=2
  local -a verbs flags
  local operands=none
  while ((index < CURRENT)); do
    word=$words[index]
    case "$command/$word" in
${listCommandCases(root).join("\n")}
    esac
    ((index++))
  done
  case $command in
${flatten(root).map(toZshCase).join("\n")}
  esac
  if [[ $words[CURRENT] == -* ]]; then _describe -o flag flags
  elif (($#verbs)); then _describe command verbs
  else
    [[ $operands == actions ]] && compadd -- "\${(@f)$(brisk completion names 2>/dev/null)}"
    [[ $operands != none ]] && _files
  fi
}
if [[ $funcstack[1] == _brisk ]]; then _brisk "$@"; else compdef _brisk brisk; fi
`;
}

function toZshCase({ path, commands, flags, operands }: CompletionNode): string {
  const toItem = (name: string, description: string) =>
    quote(`${name.replaceAll(":", "\\:")}:${description}`);
  const verbs = commands.map((each) => toItem(lastName(each), each.description)).join(" ");
  const names = flags
    .flatMap((flag) => listNames(flag).map((name) => toItem(name, flag.description)))
    .join(" ");
  return `    ${quote(path)}) verbs=(${verbs}) flags=(${names}) operands=${operands} ;;`;
}

export function toFishScript(root: CompletionNode): string {
  return `# fish completion of brisk; made by: brisk completion fish
function __brisk_at
  set -l typed (commandline -opc | string match -v -- '-*')
  test (string join ' ' -- $typed[2..]) = "$argv[1]"
end
function __brisk_under
  set -l typed (commandline -opc | string match -v -- '-*')
  string match -q -- "$argv[1]*" (string join ' ' -- $typed[2..])
end
complete -c brisk -f
${flatten(root).flatMap(toFishLines).join("\n")}
`;
}

function toFishLines({ path, commands, flags, operands }: CompletionNode): readonly string[] {
  const start = `complete -c brisk -n ${quote(`__brisk_under ${quoteInner(path)}`)}`;
  const at = `complete -c brisk -n ${quote(`__brisk_at ${quoteInner(path)}`)}`;
  const verbs = commands.map(
    (each) => `${at} -a ${quote(lastName(each))} -d ${quote(each.description)}`,
  );
  const options = flags.map((flag) => `${start}${toFishFlag(flag)}`);
  const values =
    operands === "none"
      ? []
      : [
          ...(operands === "actions" ? [`${start} -a '(brisk completion names 2>/dev/null)'`] : []),
          `${start} -F`,
        ];
  return [...verbs, ...(path === "" ? [] : options), ...values];
}

function toFishFlag({ names, description, valueCount }: CompletionFlag): string {
  const parts = names.map((name) =>
    name.startsWith("--") ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`,
  );
  return `${parts.join("")}${valueCount > 0 ? " -r" : ""} -d ${quote(description)}`;
}

function flatten(node: CompletionNode): readonly CompletionNode[] {
  return [node, ...node.commands.flatMap(flatten)];
}

function lastName({ path }: CompletionNode): string {
  return path.split(" ").at(-1) ?? "";
}

function listNames({ names }: CompletionFlag): readonly string[] {
  return names;
}

/** For all three shells: a quote inside closes, escapes itself, and opens again. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Inside of fish's condition, which is quoted as a whole. */
function quoteInner(path: string): string {
  return `"${path}"`;
}
