#include "edge/tools.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <unistd.h>

namespace truckee::test {

std::filesystem::path source() {
  return TRUCKEE_SOURCE;
}

std::filesystem::path configs() {
  return source() / "configs";
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    throw std::runtime_error("cannot read " + file.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

std::filesystem::path tool(const std::string& program) {
  std::vector<std::filesystem::path> places{source() / "build/tools/prometheus/usr/bin"};
  if (const char* path = std::getenv("PATH")) {
    std::istringstream folders(path);
    for (std::string folder; std::getline(folders, folder, ':');)
      places.emplace_back(folder);
  }
  for (const auto& place : places)
    if (::access((place / program).c_str(), X_OK) == 0)
      return place / program;
  throw std::runtime_error("there is no " + program + "; `./dev test` gets what the tests need");
}

process_result run_tool(const std::string& program, const std::vector<std::string>& arguments,
                        const std::filesystem::path& scratch, const std::string& input) {
  process_options options;
  options.input = input;
  options.directory = scratch;
  return process(tool(program), arguments, scratch, options).wait();
}

std::vector<std::string> after_each(const std::string& text, const std::string& before) {
  std::vector<std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (const auto at = line.find(before); at != line.npos)
      out.push_back(line.substr(at + before.size()));
  return out;
}

} // namespace truckee::test
