#pragma once

#include <cstddef>
#include <cstdint>

/// What one message of the protocol may take, named once, with its reason.
namespace truckee::gbs {

/// Shares in one change or answer; the server's own bound, and more than share numbers there are.
inline constexpr std::size_t shares_max = 256;
/// Tests on one share, and reads in one change: the server's own bound.
inline constexpr std::size_t tests_max = 30;
inline constexpr std::size_t reads_max = 30;
/// Writes to one share; the server has no bound. An MDMF publish sends one per segment, 8192 for a share of 1 GiB.
inline constexpr std::size_t writes_max = 16'384;
/// Bytes of a reason for a corruption advice: the server's own bound.
inline constexpr std::size_t reason_bytes_max = 32'765;
/// Of an answer in CBOR, as Tahoe-LAFS's client has it.
inline constexpr std::uint64_t cbor_answer_bytes_max = std::uint64_t{30} << 20;
/// Of an answer that has no content of use: enough for a sentence of the server.
inline constexpr std::uint64_t short_answer_bytes_max = 64 * 1024;
/// Of a server's own words that are kept for people.
inline constexpr std::size_t words_bytes_max = 200;
/// Of a share that is written: it comes in one message, which is in memory as a whole on both sides.
inline constexpr std::uint64_t share_bytes_max = std::uint64_t{1} << 30;
/// Of a change, as a server takes it: such a share, and what holds it together.
inline constexpr std::uint64_t change_bytes_max = share_bytes_max + (std::uint64_t{1} << 20);
/// Of an advice, with what holds its reason.
inline constexpr std::uint64_t advice_bytes_max = 64 * 1024;
/// Of an answer to a ranged read: what one store lets one message read.
inline constexpr std::uint64_t range_bytes_max = std::uint64_t{1} << 30;

} // namespace truckee::gbs
