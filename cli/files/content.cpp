#include "truckee/cli/files/content.hpp"

#include "truckee/cli/files/input.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace truckee::cli {

namespace {

tl::unexpected<error> too_large(const std::string& name, std::uint64_t bytes_max) {
  return fail(errc::too_large,
              name + " has more than " + std::to_string(bytes_max) +
                  " bytes, and no more are taken; publish it as an MDMF file (put --format mdmf), or in "
                  "parts");
}

/// In pieces that are joined at the end: a buffer that grows by moving would be there twice.
result<shared_bytes> read_all(const input& from, std::uint64_t expected, std::uint64_t bytes_max) {
  constexpr std::size_t piece_bytes_max = std::size_t{32} << 20;
  std::vector<bytes> pieces;
  std::uint64_t have = 0;
  // One byte more than expected shows the end without another piece.
  auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(expected + 1, piece_bytes_max));
  for (;;) {
    bytes piece(wanted);
    const auto got = from.read_some(piece);
    if (!got)
      return tl::unexpected(got.error());
    piece.resize(*got);
    have += *got;
    if (have > bytes_max)
      return too_large(from.name(), bytes_max);
    const bool last = *got < wanted;
    pieces.push_back(std::move(piece));
    if (last)
      break;
    wanted = std::min(wanted * 2, piece_bytes_max);
  }
  if (pieces.size() == 1)
    return shared_bytes(std::move(pieces.front()));
  bytes out;
  out.reserve(have);
  for (auto& piece : pieces) {
    out.insert(out.end(), piece.begin(), piece.end());
    piece = {};
  }
  return shared_bytes(std::move(out));
}

} // namespace

result<shared_bytes> read_content(const std::string& file, std::uint64_t bytes_max) {
  constexpr std::uint64_t pipe_bytes = 64 * 1024;
  const auto in = input::open(file);
  if (!in)
    return tl::unexpected(in.error());
  const auto expected = in->left().value_or(pipe_bytes);
  if (in->left() && expected > bytes_max)
    return too_large(in->name(), bytes_max);
  return read_all(*in, expected, bytes_max);
}

namespace {

/// Opens it where it is not open yet: a pipe waits for its reader then.
result<void> open_in_place(const std::string& file, std::shared_ptr<const int>& into) {
  if (into)
    return {};
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return fail(errc::io, file + ": cannot be written: " + system_reason());
  into = std::shared_ptr<const int>(new int(fd), [](const int* each) {
    ::close(*each);
    delete each;
  });
  return {};
}

} // namespace

result<content_output> content_output::open(const std::string& file) {
  struct stat facts {};
  const bool there = ::stat(file.c_str(), &facts) == 0;
  // /dev/stdout is a link, and may lead to a regular file: it is no name to be given to another.
  const bool special = file.starts_with("/dev/") || file.starts_with("/proc/");
  if (there && !S_ISDIR(facts.st_mode) && (special || !S_ISREG(facts.st_mode)))
    return content_output(in_place{file});
  const auto mask = ::umask(0);
  ::umask(mask);
  auto replacement = file_replacement::open(file, {.mode = 0666U & ~mask, .keep = true});
  if (!replacement)
    return tl::unexpected(replacement.error());
  return content_output(std::move(*replacement));
}

result<void> content_output::write(byte_view content) {
  if (auto* whole = std::get_if<file_replacement>(&how_))
    return whole->write(content);
  auto& out = std::get<in_place>(how_);
  if (auto opened = open_in_place(out.file, out.open); !opened)
    return opened;
  while (!content.empty()) {
    const auto wrote = ::write(*out.open, content.data(), content.size());
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0)
      return fail(errc::io, out.file + ": cannot be written: " + system_reason());
    content = content.subspan(static_cast<std::size_t>(wrote));
  }
  return {};
}

result<bool> content_output::begin_again() {
  if (auto* whole = std::get_if<file_replacement>(&how_))
    return whole->begin_again().map([] { return true; });
  return std::get<in_place>(how_).open == nullptr;
}

result<void> content_output::finish() {
  if (auto* whole = std::get_if<file_replacement>(&how_))
    return whole->commit(existing_file::replace);
  auto& out = std::get<in_place>(how_);
  return open_in_place(out.file, out.open);
}

void content_output::discard() noexcept {
  if (auto* whole = std::get_if<file_replacement>(&how_))
    whole->discard();
}

result<void> inputs_kept(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
  std::error_code none;
  for (const auto& output : outputs) {
    if (!std::filesystem::is_regular_file(output, none))
      continue;
    for (const auto& input : inputs)
      if (std::filesystem::equivalent(input, output, none))
        return fail(errc::usage, (output == standard_output_file ? std::string("standard output") : output) +
                                     " is also what is read (" +
                                     (input == standard_input_file ? "standard input" : input) +
                                     "), and would be written over; name another file");
  }
  return {};
}

bool is_open_to_others(const std::string& file) {
  struct stat facts {};
  return ::stat(file.c_str(), &facts) == 0 && S_ISREG(facts.st_mode) && (facts.st_mode & 077U) != 0;
}

} // namespace truckee::cli
