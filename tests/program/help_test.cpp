#include "program/support/program.hpp"

using namespace truckee::test;

namespace {

class help : public program_test {
protected:
  /// The commands that `truckee --help` lists.
  std::vector<std::string> commands() {
    std::vector<std::string> out;
    bool listed = false;
    for (const auto& line : lines_of(truckee({"--help"}).out)) {
      if (line.starts_with("Commands"))
        listed = true;
      else if (listed && line.starts_with("  ") && line.size() > 2 && line[2] != ' ')
        out.push_back(line.substr(2, line.find(' ', 2) - 2));
      else if (listed)
        break;
    }
    return out;
  }
};

} // namespace

TEST_F(help, every_help_begins_with_an_example_and_fits_100_columns) {
  const auto names = commands();
  EXPECT_GE(names.size(), 6U);
  std::vector<arguments> all{{"--help"}};
  for (const auto& name : names)
    all.push_back({name, "--help"});
  for (const auto& words : all) {
    const auto done = truckee(words);
    EXPECT_EQ(done.code, 0) << words.front();
    EXPECT_EQ(done.err, "") << words.front();
    const auto lines = lines_of(done.out);
    ASSERT_FALSE(lines.empty());
    EXPECT_TRUE(lines.front().starts_with(words.size() > 1 ? "truckee " + words.front() : "truckee put"))
        << lines.front();
    EXPECT_NE(done.out.find("Usage: truckee"), std::string::npos) << done.out;
    for (const auto& line : lines)
      EXPECT_LE(line.size(), 100U) << words.front() << ": " << line;
  }
}

TEST_F(help, overview_has_one_line_for_each_command) {
  const auto names = commands();
  for (const auto* name : {"put", "get", "append", "check", "verify", "repair", "resolve", "cap", "storage",
                           "certs", "gateway", "debug"})
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
}

TEST_F(help, version_is_one_line) {
  const auto done = truckee({"--version"});
  EXPECT_EQ(done.code, 0);
  EXPECT_TRUE(done.out.starts_with("truckee ")) << done.out;
  EXPECT_EQ(lines_of(done.out).size(), 1U);
}
