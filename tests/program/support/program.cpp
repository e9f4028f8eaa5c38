#include "program/support/program.hpp"

#include <fstream>
#include <random>
#include <sstream>

namespace truckee::test {

process_options program_test::options(const std::string& input) const {
  process_options out;
  out.environment = environment_; // wins over the usual
  out.environment.insert(
      {{"XDG_DATA_HOME", data().string()}, {"HOME", folder_.path().string()}, {"LC_ALL", "C.UTF-8"}});
  out.input = input;
  out.directory = folder_.path();
  return out;
}

process_result program_test::truckee(const arguments& words, const std::string& input) {
  return process(TRUCKEE_PROGRAM, words, folder_.path(), options(input)).wait();
}

process_result program_test::truckee_into(int error_descriptor, const arguments& words) {
  auto how = options({});
  how.error_descriptor = error_descriptor;
  return process(TRUCKEE_PROGRAM, words, folder_.path(), how).wait();
}

process_result program_test::truckee_with(const std::function<void(process_options&)>& change,
                                          const arguments& words) {
  return start_with(change, words).wait();
}

process& program_test::start_with(const std::function<void(process_options&)>& change,
                                  const arguments& words) {
  auto how = options({});
  change(how);
  started_.push_back(std::make_unique<process>(TRUCKEE_PROGRAM, words, folder_.path(), how));
  return *started_.back();
}

process& program_test::start(const arguments& words, const std::string& input) {
  started_.push_back(std::make_unique<process>(TRUCKEE_PROGRAM, words, folder_.path(), options(input)));
  return *started_.back();
}

nlohmann::json program_test::json(arguments words, const std::string& input) {
  words.insert(words.begin(), "--json");
  const auto done = truckee(words, input);
  EXPECT_EQ(done.code, 0) << done.out << done.err;
  return nlohmann::json::parse(done.out);
}

std::string program_test::file(const std::string& name, const std::string& content) {
  std::ofstream out(folder_ / name, std::ios::binary);
  // Most hold capabilities, of which the program warns where others may read them.
  std::filesystem::permissions(folder_ / name,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  out << content;
  return path(name);
}

std::string program_test::content(const std::string& name) const {
  std::ifstream in(folder_ / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string program_test::put_new(const std::string& content, arguments before) {
  before.insert(before.end(), {"put", "-"});
  const auto done = truckee(before, content);
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_TRUE(done.out.starts_with("URI:SSK:")) << done.out;
  return file("cap-" + std::to_string(++caps_), done.out);
}

std::string program_test::get(const std::string& cap_file, arguments before) {
  before.insert(before.end(), {"get", "--cap-file", cap_file});
  const auto done = truckee(before);
  EXPECT_EQ(done.code, 0) << done.err;
  return done.out;
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937_64 engine(seed);
  std::string out(size + 8, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    const auto word = engine();
    std::copy_n(reinterpret_cast<const char*>(&word), 8, out.begin() + static_cast<std::ptrdiff_t>(i));
  }
  out.resize(size);
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    out.push_back(line);
  return out;
}

} // namespace truckee::test
