#include "truckee/actors/node/node.hpp"
#include "truckee/cli/command.hpp"
#include "truckee/cli/help/completion.hpp"
#include "truckee/cli/help/manual.hpp"

namespace truckee::cli {

namespace {

struct help_options {
  bool manual = false;
  std::string shell;
};

int help(const CLI::App& app, const help_options& o) {
  const auto words = words_of(app);
  if (o.manual)
    return give(manual(words, actors::truckee_version()));
  return give(o.shell.empty()     ? app.help()
              : o.shell == "bash" ? bash_completion(words)
              : o.shell == "zsh"  ? zsh_completion(words)
                                  : fish_completion(words));
}

} // namespace

/// Hidden: for whoever makes packages.
void add_help(CLI::App& app, program& p) {
  auto o = std::make_shared<help_options>();
  auto* cmd = app.add_subcommand("help", "truckee help --man > truckee.1\n\n"
                                         "Writes the manual page, or what completes commands at a prompt");
  cmd->group("");
  auto* as_page = cmd->add_flag("--man", o->manual, "The manual page, as roff");
  cmd->add_option("--completion", o->shell, "For this shell")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->excludes(as_page);
  cmd->callback([&app, &p, o] { p.run = [&app, o] { return help(app, *o); }; });
}

} // namespace truckee::cli
