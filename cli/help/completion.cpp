#include "truckee/cli/help/completion.hpp"

#include <algorithm>
#include <functional>

namespace truckee::cli {

namespace {

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string out;
  for (const auto& word : words)
    out += (out.empty() ? "" : between) + word;
  return out;
}

/// Between single quotes; what ends them is written as `quote`, which differs from shell to shell.
std::string quoted(const std::string& text, const std::string& quote) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' ? quote : std::string(1, c);
  return out + "'";
}

/// The first sentence of an option's text, for a menu beside it.
std::string menu_text(const option_words& option) {
  return first_sentence(option.text);
}

/// "debug leases" of "truckee debug leases"; "" of the program.
std::string words_behind_program(const command_words& command) {
  const auto space = command.path.find(' ');
  return space == std::string::npos ? "" : command.path.substr(space + 1);
}

void each_command(const command_words& command, const std::function<void(const command_words&)>& see) {
  see(command);
  for (const auto& below : command.commands)
    each_command(below, see);
}

std::vector<std::string> names_of(const std::vector<command_words>& commands) {
  std::vector<std::string> out;
  for (const auto& command : commands)
    out.push_back(command.name);
  return out;
}

/// How bash finds values: `compgen` flags, or nothing where any word will do.
std::string bash_values(const option_words& option) {
  if (!option.choices.empty())
    return "-W '" + joined(option.choices, " ") + "'";
  return option.value == "DIR" ? "-d" : option.value == "FILE" ? "-f" : "";
}

std::string zsh_values(const option_words& option) {
  if (!option.choices.empty())
    return "(" + joined(option.choices, " ") + ")";
  return option.value == "DIR" ? "_files -/" : option.value == "FILE" ? "_files" : " ";
}

/// A colon parts the fields of what zsh's _arguments reads, a bracket ends one.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\')
      out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_option(const option_words& option) {
  const auto text = zsh_text(menu_text(option));
  if (option.positional)
    return quoted(std::string(option.repeated ? "*" : "") + ":" + zsh_text(option.names.front()) + ":_files",
                  "'\\''");
  const auto behind = option.value.empty() ? "" : ":" + zsh_text(option.value) + ":" + zsh_values(option);
  if (option.names.size() == 1)
    return quoted(option.names.front() + "[" + text + "]" + behind, "'\\''");
  return "'(" + joined(option.names, " ") + ")'{" + joined(option.names, ",") + "}" +
         quoted("[" + text + "]" + behind, "'\\''");
}

std::string zsh_name(const command_words& command) {
  auto out = "_" + command.path;
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
}

} // namespace

std::string bash_completion(const command_words& program) {
  std::string paths, values, words;
  each_command(program, [&](const command_words& command) {
    const auto path = words_behind_program(command);
    if (!path.empty())
      paths += (paths.empty() ? "" : "|") + quoted(path, "'\\''");
    auto offered = names_of(command.commands);
    if (&command != &program)
      for (const auto& option : program.options)
        if (option.names.front() != "-h") // each command has its own
          offered.insert(offered.end(), option.names.begin(), option.names.end());
    for (const auto& option : command.options) {
      if (option.positional)
        continue;
      offered.insert(offered.end(), option.names.begin(), option.names.end());
      if (option.value.empty())
        continue;
      // Options of the program may stand behind every command.
      std::vector<std::string> cases;
      for (const auto& name : option.names)
        cases.push_back(path.empty() ? "*:" + name : "'" + path + "':" + name);
      const auto how = bash_values(option);
      values += "    " + joined(cases, "|") + ") " +
                (how.empty() ? "return ;;\n"
                             : "mapfile -t COMPREPLY < <(compgen " + how + " -- \"$cur\"); return ;;\n");
    }
    words += "    '" + path + "') words='" + joined(offered, " ") + "' ;;\n";
  });
  return "# bash completion for " + program.name + "; made from its --help.\n_" + program.name +
         "() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' longer "
         "words='' i\n"
         "  COMPREPLY=()\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    longer=${command:+$command }${COMP_WORDS[i]}\n"
         "    case $longer in\n    " +
         paths +
         ") command=$longer ;;\n    esac\n  done\n"
         "  case $command:$prev in\n" +
         values +
         "  esac\n"
         "  case $command in\n" +
         words +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
         "  # A file may stand where an option does not.\n"
         "  if [[ $command && $cur != -* ]]; then mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "
         "\"$cur\"); fi\n"
         "}\ncomplete -o filenames -F _" +
         program.name + " " + program.name + "\n";
}

std::string zsh_completion(const command_words& program) {
  std::string out = "#compdef " + program.name + "\n# Made from its --help.\n";
  std::string of_program;
  for (const auto& option : program.options)
    if (option.names.front() != "-h")
      of_program += " \\\n    " + zsh_option(option);
  each_command(program, [&](const command_words& command) {
    out += zsh_name(command) + "() {\n  local curcontext=\"$curcontext\" line state\n"
                               "  typeset -A opt_args\n  _arguments -C";
    for (const auto& option : command.options)
      if (&command != &program)
        out += " \\\n    " + zsh_option(option);
    out += of_program;
    if (command.commands.empty()) {
      out += "\n}\n";
      return;
    }
    std::string menu, calls;
    for (const auto& below : command.commands) {
      menu += " " + quoted(below.name + ":" + zsh_text(first_sentence(below.text)), "'\\''");
      calls += "      " + below.name + ") " + zsh_name(below) + " ;;\n";
    }
    out += " \\\n    '1:command:->command' '*::argument:->argument'\n"
           "  case $state in\n"
           "  command)\n    local -a commands=(" +
           menu +
           " )\n    _describe command commands ;;\n"
           "  argument)\n    case $line[1] in\n" +
           calls + "    esac ;;\n  esac\n}\n";
  });
  return out + zsh_name(program) + " \"$@\"\n";
}

std::string fish_completion(const command_words& program) {
  const auto& name = program.name;
  std::string out = "# fish completion for " + name + "; made from its --help.\n";
  each_command(program, [&](const command_words& command) {
    const auto path = words_behind_program(command);
    // Below two words, both have been seen.
    std::string here;
    for (const auto& word : CLI::detail::split(path, ' '))
      if (!word.empty())
        here += (here.empty() ? "" : "; and ") + ("__fish_seen_subcommand_from " + word);
    const auto where = here.empty() ? "" : " -n '" + here + "'";
    for (const auto& option : command.options) {
      if (option.positional)
        continue;
      out += "complete -c " + name + where;
      for (const auto& each : option.names)
        out += each.starts_with("--") ? " -l " + each.substr(2) : " -s " + each.substr(1);
      if (!option.choices.empty())
        out += " -x -a '" + joined(option.choices, " ") + "'";
      else if (option.value == "FILE" || option.value == "DIR")
        out += " -r -F";
      else if (!option.value.empty())
        out += " -x";
      out += " -d " + quoted(menu_text(option), "\\'") + "\n";
    }
    const auto none_yet = "not __fish_seen_subcommand_from " + joined(names_of(command.commands), " ");
    for (const auto& below : command.commands)
      out += "complete -c " + name + " -f -n '" + (here.empty() ? none_yet : here + "; and " + none_yet) +
             "' -a " + below.name + " -d " + quoted(first_sentence(below.text), "\\'") + "\n";
  });
  return out;
}

} // namespace truckee::cli
