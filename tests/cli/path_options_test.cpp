#include "truckee/cli/files/path_options.hpp"

#include <gtest/gtest.h>

using namespace truckee::cli;

TEST(path_options, a_home_that_no_shell_put_in_is_refused_with_what_to_write) {
  EXPECT_EQ(path_problem("~/cap files/x"),
            "\"~\" stands for a home in a shell only; the shell left it as it is; write "
            "$HOME/cap files/x or the whole path, or ./~/cap files/x where that is its name");
  EXPECT_NE(path_problem("~").find("write $HOME or the whole path"), std::string::npos) << path_problem("~");
  EXPECT_NE(path_problem("~alice/x").find("write the whole path, or ./~alice/x"), std::string::npos)
      << "whose home that is only a shell knows";
  for (const char* fine : {"", "-", "/home/me/x", "./~/x", "a~", "x/~/y", "$HOME/x"})
    EXPECT_EQ(path_problem(fine), "") << fine;
}

TEST(path_options, all_that_are_files_or_folders_are_checked_in_every_command) {
  std::string grid;
  std::string where;
  std::string name;
  std::string input;
  const auto parse = [&](const std::string& line) -> std::string {
    CLI::App app;
    app.add_option("--grid", grid)->type_name("FILE");
    auto* storage = app.add_subcommand("storage");
    storage->add_option("--directory", where)->type_name("DIR");
    storage->add_option("--name", name)->type_name("NAME");
    storage->add_subcommand("deep")->add_option("FILE", input);
    app.fallthrough();
    check_paths(app);
    try {
      app.parse(line);
      return "";
    } catch (const CLI::ParseError& e) {
      return e.what();
    }
  };
  EXPECT_EQ(parse("--grid=/g storage --directory d --name ~n deep ./~/f"), "");
  EXPECT_EQ(input, "./~/f");
  EXPECT_TRUE(parse("--grid=~/g storage").starts_with("--grid: \"~\" stands for a home in a shell only"))
      << parse("--grid=~/g storage");
  EXPECT_TRUE(parse("storage --directory ~/d").starts_with("--directory: \"~\""));
  EXPECT_TRUE(parse("storage deep ~/f").starts_with("FILE: \"~\""));
}
