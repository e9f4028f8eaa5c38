#include "test_support.hpp"

#include <gtest/gtest.h>
#include <regex>
#include <set>

namespace truckee {
namespace {

const std::filesystem::path source = TRUCKEE_SOURCE;

std::string text_of(const std::filesystem::path& file) {
  return std::string(as_text(test::read_file(file)));
}

/// The first block of a language in a Markdown file; empty where there is none.
std::string code_block(const std::string& text, const std::string& language) {
  const auto open = "```" + language + "\n";
  const auto begin = text.find(open);
  if (begin == std::string::npos)
    return {};
  const auto end = text.find("```", begin + open.size());
  return text.substr(begin + open.size(), end - begin - open.size());
}

/// In code, brackets are no links.
std::string without_code(std::string text) {
  for (auto begin = text.find("```"); begin != std::string::npos; begin = text.find("```", begin)) {
    const auto end = text.find("```", begin + 3);
    text.erase(begin, end == std::string::npos ? end : end + 3 - begin);
  }
  return text;
}

std::vector<std::filesystem::path> documents() {
  std::vector<std::filesystem::path> out{source / "README.md"};
  for (const auto& at : std::filesystem::directory_iterator(source / "docs"))
    if (at.path().extension() == ".md")
      out.push_back(at.path());
  return out;
}

TEST(Documents, the_README_quotes_the_example_as_it_is_compiled) {
  EXPECT_EQ(code_block(text_of(source / "README.md"), "cpp"), text_of(source / "examples" / "embed.cpp"));
}

TEST(Documents, the_guide_to_messages_quotes_the_remote_example_as_it_is_compiled) {
  EXPECT_EQ(code_block(text_of(source / "docs" / "remote.md"), "cpp"),
            text_of(source / "examples" / "remote.cpp"));
}

/// Every name in back quotes in a row of the table, and every test in the sources.
TEST(Documents, the_table_of_the_real_clients_tests_names_tests_that_exist) {
  const std::regex test_macro(R"(TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)|PROP\(\s*(\w+),\s*(\w+)\s*,)");
  std::set<std::string> known;
  for (const auto& at : std::filesystem::recursive_directory_iterator(source / "tests"))
    if (at.path().extension() == ".cpp") {
      const auto text = text_of(at.path());
      for (std::sregex_iterator m(text.begin(), text.end(), test_macro), end; m != end; ++m)
        known.insert((*m)[1].matched ? (*m)[1].str() + "." + (*m)[2].str()
                                     : (*m)[3].str() + "." + (*m)[4].str());
    }
  const auto table = text_of(source / "docs" / "tahoe-tests.md");
  const std::regex named(R"(`(\w+\.\w+)`)");
  std::size_t count = 0;
  for (std::sregex_iterator m(table.begin(), table.end(), named), end; m != end; ++m, ++count)
    EXPECT_TRUE(known.contains((*m)[1].str())) << (*m)[1];
  EXPECT_GT(count, 50U);
}

TEST(Documents, every_link_to_a_file_leads_to_one) {
  const std::regex link(R"(\]\(([^)#:]+)(#[^)]*)?\))");
  for (const auto& document : documents()) {
    const auto text = without_code(text_of(document));
    for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at)
      EXPECT_TRUE(std::filesystem::exists(document.parent_path() / (*at)[1].str()))
          << document.filename() << " links to " << (*at)[1];
  }
}

} // namespace
} // namespace truckee
