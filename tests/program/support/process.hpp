#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

/// Real processes for tests: started, watched, and never left behind.
namespace truckee::test {

struct process_options {
  std::map<std::string, std::string> environment; ///< added to, or instead of, this process's own
  std::string input;                              ///< standard input
  std::filesystem::path directory;                ///< where it runs; empty: here
  int error_descriptor = -1;                      ///< standard error goes there instead of to a file
  int output_descriptor = -1;                     ///< standard output likewise
  int input_descriptor = -1;                      ///< standard input comes from there
  unsigned closed = 0;                            ///< bit n: descriptor n is closed
  int ignored_signal = 0;                         ///< as `nohup` leaves SIGHUP; 0: none
  uid_t user = 0;                                 ///< whom root lets it run as; 0: as this process
};

struct process_result {
  int code = -1;  ///< exit code; 128 + signal where one ended it
  int signal = 0; ///< that signal; 0: it ended by itself
  std::string out;
  std::string err;
  double seconds = 0;
};

/// A child process whose output goes to files, so that it never waits for a reader. Killed when this goes,
/// and by the system when the test itself dies.
class process {
public:
  using seconds = std::chrono::duration<double>;

  /// `scratch` is a folder for its output. Throws where it cannot be started.
  process(const std::filesystem::path& program, const std::vector<std::string>& arguments,
          const std::filesystem::path& scratch, const process_options& options = {});
  ~process();
  process(const process&) = delete;
  process& operator=(const process&) = delete;

  /// Waits for its end. Throws, with what it wrote, when it takes longer.
  process_result wait(seconds longest = seconds(60));
  /// The rest of the first line (either output) that contains `text`, behind it. Throws when it does not come
  /// in time.
  std::string wait_for(const std::string& text, seconds longest = seconds(20));
  /// How much it has written to each output.
  struct written {
    std::size_t out = 0;
    std::size_t err = 0;
  };
  written so_far() const { return {out().size(), err().size()}; }
  /// wait_for in what it wrote after that.
  std::string wait_for_news(const written& before, const std::string& text, seconds longest = seconds(20));
  void signal(int number);
  /// SIGKILL, and gone.
  void kill();
  bool running();
  pid_t id() const { return id_; }
  std::string out() const;
  std::string err() const;

private:
  bool reap(bool block);

  std::string what_;
  std::filesystem::path out_;
  std::filesystem::path err_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  pid_t id_ = -1;
  bool ended_ = false;
  int status_ = 0;
};

} // namespace truckee::test
