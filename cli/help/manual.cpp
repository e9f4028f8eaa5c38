#include "truckee/cli/help/manual.hpp"

#include "truckee/cli/exit_code.hpp"

namespace truckee::cli {

namespace {

/// Text in which roff sees no request, no escape and no sign to make beautiful: it can be copied into a shell.
std::string plain(const std::string& text) {
  std::string out;
  bool at_line = true;
  for (const char c : text) {
    if (at_line && (c == '.' || c == '\''))
      out += "\\&";
    at_line = c == '\n';
    switch (c) {
    case '\\':
      out += "\\e";
      break;
    case '-':
      out += "\\-";
      break;
    case '\'':
      out += "\\(aq";
      break;
    case '`':
      out += "\\(ga";
      break;
    case '^':
      out += "\\(ha";
      break;
    case '~':
      out += "\\(ti";
      break;
    default:
      out += c;
    }
  }
  return out;
}

std::string bold(const std::string& text) {
  return "\\fB" + plain(text) + "\\fR";
}

std::string verbatim(const std::string& text) {
  return ".PP\n.in +4n\n.nf\n" + plain(text) + "\n.fi\n.in\n.PP\n";
}

std::string entry(const option_words& option) {
  std::string head;
  for (const auto& name : option.names)
    head += (head.empty() ? "" : ", ") + (option.positional ? "\\fI" + plain(name) + "\\fR" : bold(name));
  if (!option.value.empty() && !option.positional)
    head += " " + (option.choices.empty() ? "\\fI" + plain(option.value) + "\\fR" : plain(option.value));
  auto text = option.text;
  if (option.required && !option.positional)
    text += " (required)";
  if (!option.default_value.empty())
    text += " [" + option.default_value + "]";
  return ".TP\n" + head + "\n" + plain(text) + "\n";
}

std::string section(const command_words& command) {
  auto out = ".SS " + plain(command.path + " " + usage_of(command)) + "\n" + plain(command.text) + "\n" +
             verbatim(command.example);
  for (const auto& option : command.options)
    if (option.names.front() != "-h")
      out += entry(option);
  for (const auto& below : command.commands)
    out += section(below);
  return out;
}

} // namespace

std::string manual(const command_words& program, std::string_view version) {
  const auto& name = program.name;
  auto out = ".TH TRUCKEE 1 \"\" \"truckee " + std::string(version) + "\" \"User Commands\"\n" +
             ".SH NAME\n" + name + " \\- publish Tahoe\\-LAFS mutable files\n" + ".SH SYNOPSIS\n" +
             bold(name) + " " + plain(usage_of(program)) + "\n.SH DESCRIPTION\n" + plain(program.text) +
             "\n" + verbatim(program.example) +
             ".SH OPTIONS\nOf every command; they may stand behind it as well.\n";
  for (const auto& option : program.options)
    out += entry(option);
  out += ".SH COMMANDS\n";
  for (const auto& command : program.commands)
    out += section(command);
  out += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : exit_meanings)
    out += ".TP\n" + bold(std::to_string(code)) + "\n" + plain(std::string(meaning)) + "\n";
  out += ".TP\n" + bold("128+N") + "\nended by signal N, once an operation under way had ended well\n";
  out += ".SH FILES\n.TP\n" + bold("$XDG_DATA_HOME/truckee/grid") +
         "\nStorage servers inside the process, used without \\fB\\-\\-grid\\fR.\n" + ".TP\n" +
         bold("$XDG_DATA_HOME/truckee/private/secret") + "\nWhat leases on shares are made from; keep it.\n";
  return out;
}

} // namespace truckee::cli
