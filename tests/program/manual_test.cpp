#include "program/support/program.hpp"

#include <map>
#include <set>

using namespace truckee::test;

namespace {

/// The manual page and the completions, beside what `--help` says.
class manual : public program_test {
protected:
  std::string page() { return truckee({"help", "--man"}).out; }
  std::string completion(const std::string& shell) { return truckee({"help", "--completion", shell}).out; }

  /// Every command, as the words behind "truckee", with the options its --help lists.
  void collect(const arguments& command, std::map<arguments, std::set<std::string>>& all) {
    auto words = command;
    words.push_back("--help");
    auto& found = all[command];
    bool commands_listed = false;
    for (const auto& line : lines_of(truckee(words).out)) {
      if (line.starts_with("Commands"))
        commands_listed = true;
      if (!line.starts_with("  ") || line.size() < 4 || line[2] == ' ')
        continue;
      const auto name = line.substr(2, line.find_first_of(" ,", 2) - 2);
      if (name.starts_with("-")) {
        for (std::size_t at = 2; at < line.size() && line[at] == '-';) { // "-o, --output FILE"
          const auto end = line.find_first_of(" ,", at);
          found.insert(line.substr(at, end - at));
          at = end == line.npos || line[end] != ',' ? line.size() : end + 2;
        }
      } else if (commands_listed) {
        auto below = command;
        below.push_back(name);
        collect(below, all);
      }
    }
  }

  process_result shell(const std::string& name, const std::string& script, const std::string& commands) {
    file("completion", script);
    process_options here;
    here.directory = place().path();
    return process("/usr/bin/env", {name, "-c", commands}, place().path(), here).wait();
  }
};

std::string for_roff(std::string name) {
  for (std::size_t at = 0; (at = name.find('-', at)) != name.npos; at += 2)
    name.insert(at, "\\");
  return name;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

} // namespace

TEST_F(manual, has_every_command_and_every_option_of_the_helps) {
  std::map<arguments, std::set<std::string>> all;
  collect({}, all);
  ASSERT_GE(all.size(), 14U);
  const auto text = page();
  for (const auto& [command, names] : all) {
    std::string heading = "truckee";
    for (const auto& word : command)
      heading += " " + word;
    const auto begin =
        command.empty() ? text.find(".SH OPTIONS") : text.find(".SS " + for_roff(heading) + " ");
    ASSERT_NE(begin, text.npos) << heading;
    const auto section = text.substr(begin, text.find("\n.S", begin + 1) - begin);
    for (const auto& option : names)
      if (command.empty() || (option != "-h" && option != "--help")) {
        EXPECT_TRUE(has(section, "\\fB" + for_roff(option) + "\\fR")) << heading << " " << option;
      }
  }
  for (int code = 0; code <= 7; ++code)
    EXPECT_TRUE(has(text, ".TP\n\\fB" + std::to_string(code) + "\\fR\n")) << code;
}

TEST_F(manual, every_command_and_option_is_completed_in_every_shell) {
  std::map<arguments, std::set<std::string>> all;
  collect({}, all);
  const auto bash = completion("bash"), zsh = completion("zsh"), fish = completion("fish");
  for (const auto& [command, names] : all) {
    for (const auto& word : command)
      EXPECT_TRUE(has(bash, word) && has(zsh, "'" + word + ":") && has(fish, " -a " + word + " -d ")) << word;
    for (const auto& option : names) {
      EXPECT_TRUE(has(bash, option)) << option;
      EXPECT_TRUE(has(zsh, option)) << option;
      EXPECT_TRUE(has(fish, option.starts_with("--") ? " -l " + option.substr(2) : " -s " + option.substr(1)))
          << option;
    }
  }
}

TEST_F(manual, bash_completes_commands_options_and_values) {
  const auto complete = [&](const std::string& line) {
    return shell(
        "bash", completion("bash"),
        "source ./completion; COMP_WORDS=(" + line +
            "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _truckee; printf '%s\\n' \"${COMPREPLY[@]}\"");
  };
  EXPECT_EQ(complete("truckee re").out, "repair\nresolve\n");
  EXPECT_EQ(complete("truckee rep").out, "repair\n");
  EXPECT_EQ(complete("truckee debug le").out, "leases\n");
  EXPECT_EQ(complete("truckee put --if").out, "--if-version\n");
  EXPECT_EQ(complete("truckee put --format ''").out, "sdmf\nmdmf\n");
  file("a file.cap", "");
  EXPECT_EQ(complete("truckee get --cap-file a").out, "a file.cap\n");
  EXPECT_EQ(complete("truckee --durability n").out, "none\n");
  EXPECT_EQ(complete("truckee put --durability f").out, "full\n")
      << "options of the program stand behind commands too";
  EXPECT_EQ(complete("truckee re").err, "");
}

TEST_F(manual, the_other_shells_can_read_their_completions) {
  for (const auto& name : std::vector<std::string>{"zsh", "fish"}) {
    if (shell("sh", "", "command -v " + name).code != 0)
      continue; // not installed here
    const auto read = shell(name, completion(name), name + " -n ./completion");
    EXPECT_EQ(read.code, 0) << name << ": " << read.err;
    EXPECT_EQ(read.err, "") << name;
  }
}

TEST_F(manual, is_a_page_that_man_reads_without_a_warning) {
  if (shell("sh", "", "command -v man").code != 0)
    GTEST_SKIP() << "man is not installed";
  file("truckee.1", page());
  const auto read =
      shell("sh", "", "MANROFFSEQ='' MANWIDTH=100 LC_ALL=C.UTF-8 man --warnings -l ./truckee.1");
  EXPECT_EQ(read.code, 0);
  EXPECT_EQ(read.err, "");
  EXPECT_TRUE(has(read.out, "truckee get --cap-file report.cap")) << "examples keep their signs";
}
