#include "side.hpp"

#include <charconv>
#include <chrono>
#include <ctime>
#include <fmt/format.h>
#include <iostream>
#include <sstream>
#include <sys/resource.h>

// side loop|client DIRECTORY none|full [SERVERS K N HAPPY]: does what its standard input says, a line each, and answers in a
// line: seconds on the clock, and seconds of CPU of the whole process.
//
//   create BYTES | update BYTES | read BYTES | flight FILES UPDATES | syncs
//
// The last one is answered with how often a disk was synced so far.
//
// side crowd DIRECTORY none|full: one store by itself.
//
//   fill SLOTS | update TIMES | read TIMES | reopen 1
//
// DIRECTORY must not exist.
namespace truckee::bench {

shared_bytes content_of(std::size_t size, std::uint64_t number) {
  buffer out(size);
  std::uint64_t x = number * 0x9e3779b97f4a7c15 + 1;
  for (auto& b : out.view()) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    b = static_cast<std::byte>(x);
  }
  return shared_bytes(std::move(out));
}

void give_up(const std::string& why) {
  std::cout << "error " << why << std::endl;
  std::_Exit(1);
}

namespace {

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// What a line asks for, timed. Making and comparing content is not part of it.
class stopwatch {
public:
  explicit stopwatch(side& of) : side_(of) {}

  void obey(const std::string& line) {
    std::istringstream words(line);
    std::string what;
    std::size_t size = 0;
    if (line == "syncs") {
      std::cout << side_.syncs() << std::endl;
      return;
    }
    if (!(words >> what >> size))
      give_up("\"" + line + "\" is nothing to do");
    if (what == "create" || what == "update") {
      const auto content = content_of(size, ++number_);
      report(timed([&] { what == "create" ? side_.create(content) : side_.update(content); }));
      last_[size] = number_;
    } else if (what == "read") {
      shared_bytes got;
      const auto took = timed([&] { got = side_.read(size); });
      if (got != content_of(size, last_[size]))
        give_up("what is read is not what was written");
      report(took);
    } else if (std::size_t updates = 0; what == "flight" && words >> updates && size > 0) {
      side_.flight(size, size); // the files are made, and each was written once
      report(timed([&] { side_.flight(size, updates); }));
    } else {
      give_up("\"" + line + "\" is nothing to do");
    }
  }

private:
  struct times {
    double clock;
    double cpu;
  };

  template <class F>
  static times timed(F&& work) {
    const auto cpu = cpu_seconds();
    const auto begun = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    return {took.count(), cpu_seconds() - cpu};
  }

  static void report(const times& x) {
    std::cout << fmt::format("{:.9f} {:.9f}", x.clock, x.cpu) << std::endl;
  }

  side& side_;
  std::uint64_t number_ = 0;
  std::map<std::size_t, std::uint64_t> last_; ///< by size: the content that was written last
};

std::unique_ptr<side> make_side(std::string_view name, const place& where) {
  if (name == "loop")
    return loop_side(where);
  if (name == "client")
    return client_side(where);
  return nullptr;
}

constexpr auto usage = "usage: side loop|client|crowd DIRECTORY none|full [SERVERS K N HAPPY]\n";

void obey_crowd(crowd& all, const std::string& line) {
  std::istringstream words(line);
  std::string what;
  std::size_t count = 0;
  words >> what >> count;
  const auto cpu = cpu_seconds();
  const auto begun = std::chrono::steady_clock::now();
  if (what == "fill")
    all.fill(count);
  else if (what == "update")
    all.update(count);
  else if (what == "read")
    all.read(count);
  else if (what == "reopen")
    all.reopen();
  else
    give_up("\"" + line + "\" is nothing to do");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::cout << fmt::format("{:.9f} {:.9f}", took.count(), cpu_seconds() - cpu) << std::endl;
}

/// Hundreds of updates on their way to a disk have thousands of files open.
void have_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

int run(int count, char** words) {
  const std::string_view durability = count == 4 || count == 8 ? words[3] : "";
  if (durability != "none" && durability != "full") {
    std::cerr << usage;
    return 2;
  }
  place where{words[2], durability == "full" ? storage::durability::full : storage::durability::none};
  if (count == 8) {
    const auto number = [&](int at) { return static_cast<std::uint8_t>(std::stoul(words[at])); };
    where.servers = std::stoul(words[4]);
    where.shape = {number(5), number(6), number(7)};
  }
  have_many_files();
  if (std::filesystem::exists(where.home)) {
    std::cerr << words[2] << " is there already\n";
    return 2;
  }
  std::filesystem::create_directories(where.home);
  if (words[1] == std::string_view("crowd")) {
    crowd all(where);
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);)
      obey_crowd(all, line);
    return 0;
  }
  const auto made = make_side(words[1], where);
  if (made == nullptr) {
    std::cerr << usage;
    return 2;
  }
  std::cout << "ready" << std::endl;
  stopwatch watch(*made);
  for (std::string line; std::getline(std::cin, line);)
    watch.obey(line);
  return 0;
}

} // namespace

} // namespace truckee::bench

int main(int count, char** words) {
  return truckee::bench::run(count, words);
}
