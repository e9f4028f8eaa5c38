#include "program/support/process.hpp"

#include <atomic>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <grp.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace truckee::test {

namespace {

using clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds tick{5};

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> environment_with(const std::map<std::string, std::string>& own) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!own.contains(text.substr(0, text.find('='))))
      out.push_back(text);
  }
  for (const auto& [name, value] : own)
    out.push_back(name + "=" + value);
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts)
    out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// To a descriptor that was given, or to a file.
void connect(const char* file, int flags, int given, int to) {
  const int fd = given >= 0 ? given : ::open(file, flags | O_CLOEXEC, 0600);
  if (fd < 0 || ::dup2(fd, to) < 0)
    ::_exit(126);
}

} // namespace

process::process(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                 const std::filesystem::path& scratch, const process_options& options) {
  static std::atomic<int> count{0};
  const auto base = scratch / ("process-" + std::to_string(++count));
  out_ = base.string() + ".out";
  err_ = base.string() + ".err";
  const auto in = base.string() + ".in";
  std::ofstream(in, std::ios::binary) << options.input;
  std::vector<std::string> words{program.string()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  for (const auto& word : words)
    what_ += (what_.empty() ? "" : " ") + word;
  auto environment = environment_with(options.environment);
  // Everything is made before fork: this process has threads, and the child may only call what is safe.
  const auto argv = pointers(words);
  const auto envp = pointers(environment);
  const pid_t parent = ::getpid();
  // Another user may not be allowed to walk to it.
  const int opened = ::open(program.c_str(), O_PATH | O_CLOEXEC);
  id_ = ::fork();
  if (id_ < 0)
    throw std::runtime_error("cannot fork: " + std::string(std::strerror(errno)));
  if (id_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
      ::_exit(126);
    constexpr int anew = O_WRONLY | O_CREAT | O_TRUNC;
    connect(in.c_str(), O_RDONLY, options.input_descriptor, STDIN_FILENO);
    connect(out_.c_str(), anew, options.output_descriptor, STDOUT_FILENO);
    connect(err_.c_str(), anew, options.error_descriptor, STDERR_FILENO);
    for (int fd = 0; fd < 3; ++fd)
      if ((options.closed >> fd & 1U) != 0)
        ::close(fd);
    if (options.ignored_signal != 0)
      ::signal(options.ignored_signal, SIG_IGN);
    if (!options.directory.empty() && ::chdir(options.directory.c_str()) != 0)
      ::_exit(126);
    if (options.user != 0) {
      if (::setgroups(0, nullptr) != 0 || ::setgid(options.user) != 0 || ::setuid(options.user) != 0)
        ::_exit(126);
      ::prctl(PR_SET_PDEATHSIG, SIGKILL); // was taken back with the user
      ::fexecve(opened, argv.data(), envp.data());
    }
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(opened);
}

process::~process() {
  kill();
}

bool process::reap(bool block) {
  while (!ended_) {
    const auto got = ::waitpid(id_, &status_, block ? 0 : WNOHANG);
    if (got == id_ || (got < 0 && errno != EINTR))
      ended_ = true;
    else if (got == 0)
      return false;
  }
  return true;
}

process_result process::wait(seconds longest) {
  const auto end = clock::now() + longest;
  while (!reap(false)) {
    if (clock::now() > end) {
      kill();
      throw std::runtime_error(what_ + "\ndid not end in time; it wrote:\n" + out() + err());
    }
    std::this_thread::sleep_for(tick);
  }
  const int code = WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
  return {code, WIFSIGNALED(status_) ? WTERMSIG(status_) : 0, out(), err(),
          seconds(clock::now() - start_).count()};
}

std::string process::wait_for(const std::string& text, seconds longest) {
  return wait_for_news({}, text, longest);
}

std::string process::wait_for_news(const written& before, const std::string& text, seconds longest) {
  const auto end = clock::now() + longest;
  for (;;) {
    const bool last = reap(false) || clock::now() > end;
    for (const auto& all : {out().substr(before.out), err().substr(before.err)}) {
      const auto at = all.find(text);
      const auto line_end = at == all.npos ? all.npos : all.find('\n', at);
      if (line_end != all.npos)
        return all.substr(at + text.size(), line_end - at - text.size());
    }
    if (last)
      throw std::runtime_error(what_ + "\nnever wrote \"" + text + "\"; it wrote:\n" + out() + err());
    std::this_thread::sleep_for(tick);
  }
}

void process::signal(int number) {
  if (reap(false))
    return;
  ::kill(id_, number);
  // One thread takes it and stops the others; on a busy machine they go on for a moment.
  siginfo_t stopped = {};
  if (number == SIGSTOP)
    while (::waitid(P_PID, static_cast<id_t>(id_), &stopped, WSTOPPED | WEXITED | WNOWAIT) < 0 &&
           errno == EINTR) {
    }
}

void process::kill() {
  signal(SIGKILL);
  reap(true);
}

bool process::running() {
  return !reap(false);
}

std::string process::out() const {
  return content_of(out_);
}

std::string process::err() const {
  return content_of(err_);
}

} // namespace truckee::test
