#pragma once

#include "truckee/base/content_limit.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every limit of the decisions, named once, with its reason.
namespace truckee::grid {

/// Bounds of one client's operations; each with its reason.
struct grid_limits {
  using milliseconds = std::chrono::milliseconds;

  /// Turns of the publish loop. Every turn follows an outcome; a loop that needs more does not converge.
  std::uint32_t publish_turns_max = 1000;
  /// How often a server that answered late or lost a message is written to again within one publish.
  std::uint32_t resends_per_server_max = 2;
  /// How often stale shares found on one server are replaced before it is left alone: a server that always
  /// shows another old share lies.
  std::uint32_t stale_rounds_per_server_max = 4;

  /// The boundary of a write map: so many servers without shares, or k if that is more (Tahoe-LAFS: k, and 3
  /// before it knows k). With k = 1, one server that was empty by chance would hide all that lie behind it.
  std::uint32_t map_boundary_least = 3;
  /// Servers asked at a time beyond the first batch of a map update (Tahoe-LAFS: 5).
  std::uint32_t map_in_flight_max = 5;
  /// The most servers that may be asked at a time, whatever the mode: bounds sockets and memory on large
  /// grids.
  std::uint32_t map_batch_max = 64;
  /// Shares taken from one server's answer; share numbers end at 254.
  std::uint32_t shares_per_answer_max = 255;
  /// Bytes kept of a bad share: the test on it covers as many.
  std::size_t bad_share_bytes_max = 75;

  /// Who is slower than the others is waited for so many times as long as the slowest of them took, but at least so
  /// long, once an operation can do without: a hung server costs no more than that, and one that is only far away, or
  /// busy with a large share, is not left out.
  std::uint32_t slow_times = 4;
  milliseconds slow_least{250};
  /// The longest wait for a slow one, where `slowest` is what the slowest of those took that answered.
  milliseconds patience(std::chrono::duration<double> slowest) const;

  /// Share fetches under way for one read, beyond which nothing new starts.
  std::uint32_t fetches_in_flight_max = 32;
  /// A fetch that takes longer gets a replacement beside it: well above a round trip and a disk, well below a deadline.
  milliseconds fetch_slow_after{2'000};
  /// Maps of one read: the first, and two more that ask every server. A file that changes faster than that is told as
  /// such.
  std::uint32_t read_tries_max = 3;

  /// A request's deadline = base + bytes / floor rate. Base: a round trip to the far side of the world with a
  /// retransmission; floor rate: slower servers are better replaced.
  milliseconds server_deadline_base{10'000};
  std::uint64_t floor_rate_bytes_per_second = 64 * 1024;
  /// A re-read before the end asks for 75 bytes of each share; a server that is silent for longer stays
  /// unknown.
  milliseconds reread_deadline{3'000};
  /// A whole publish. Long enough for every server's deadline once and a re-homing round.
  milliseconds publish_deadline{300'000};

  /// Tries of one modify or overwrite, the first included.
  std::uint32_t write_tries_max = 12;
  /// The same of a file that is kept strictly. Two writers there can both lose a round, so that the slowest of many needs more;
  /// nothing is harmed by another try, and the publish's deadline ends it too.
  std::uint32_t strict_tries_max = 60;
  /// When nothing is readable after a collision, the writer of the newest version publishes its content at
  /// once; the others look again so many times first. What they have in memory may be built on less.
  std::uint32_t rescue_patience = 3;
  /// First back-off after a collision; it doubles with each try up to the longest one.
  milliseconds backoff_first{250};
  milliseconds backoff_longest{20'000};
  /// How old a kept map may be, from the time its servers were asked. Each use asks again all that it tells of; what it does
  /// not tell of, and where shares would better be, is looked for this often. Nothing: none is kept.
  milliseconds kept_map_age{60'000};
  /// Content that is kept beside the map of a file that is kept strictly, so that an append needs no read: for each of the
  /// files written last.
  std::size_t kept_content_max = std::size_t{256} << 10;
  /// Content of an MDMF file that has more bytes is made again part by part.
  std::uint64_t content_in_memory_max = content_in_memory;
  /// A read-back is not verified by a signature. It may raise our next sequence number by no more than this,
  /// or one lying server could use all numbers up.
  std::uint64_t unverified_sequence_jump_max = 64;

  /// The deadline of a publish that brings so many bytes of shares in pieces, each of which has a deadline of its own.
  milliseconds publish_deadline_for(std::uint64_t share_bytes) const;
  /// The deadline of a request that moves `bytes_moved` bytes.
  milliseconds server_deadline(std::uint64_t bytes_moved) const;
};

} // namespace truckee::grid
