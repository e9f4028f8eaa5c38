#pragma once

#include "program/support/process.hpp"
#include "test_folder.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>

/// The real program, in a folder of the test's own.
namespace truckee::test {

using arguments = std::vector<std::string>;

class program_test : public ::testing::Test {
protected:
  /// Runs it to its end.
  process_result truckee(const arguments& words, const std::string& input = {});
  /// The same, with its standard error going to a descriptor.
  process_result truckee_into(int error_descriptor, const arguments& words);
  /// The same, started as `change` makes of the usual options.
  process_result truckee_with(const std::function<void(process_options&)>& change, const arguments& words);
  process& start_with(const std::function<void(process_options&)>& change, const arguments& words);
  /// Starts it; ended with the test at the latest.
  process& start(const arguments& words, const std::string& input = {});
  /// Runs it, demands success, and parses what it printed.
  nlohmann::json json(arguments words, const std::string& input = {});

  /// Writes a file below the test's folder and gives its path.
  std::string file(const std::string& name, const std::string& content);
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string content(const std::string& name) const;
  /// `put` of a new file; its write capability is kept in the file whose path is returned.
  std::string put_new(const std::string& content, arguments before = {});
  /// What `get` gives; demands success.
  std::string get(const std::string& cap_file, arguments before = {});

  const folder& place() const { return folder_; }
  /// As XDG_DATA_HOME.
  std::filesystem::path data() const { return folder_ / "data"; }

private:
  process_options options(const std::string& input) const;

protected:
  std::map<std::string, std::string> environment_; ///< of every process from now on, beside the usual

private:
  folder folder_;
  std::vector<std::unique_ptr<process>> started_;
  int caps_ = 0;
};

/// Bytes that no two calls with different seeds share.
std::string noise(std::size_t size, unsigned seed = 1);

/// Lines of a text.
std::vector<std::string> lines_of(const std::string& text);

} // namespace truckee::test
