#pragma once

#include "grid/model_slot.hpp"
#include "test_support.hpp"
#include "truckee/grid/file/write_operation.hpp"
#include "truckee/grid/publish/publish_loop.hpp"
#include "truckee/grid/publish/write_message.hpp"

#include <functional>

namespace truckee::test {

inline server_id server(std::uint8_t number) {
  server_id out;
  out.data[0] = static_cast<std::byte>(number);
  return out;
}

inline share_number share(std::size_t number) {
  return {static_cast<std::uint8_t>(number)};
}

/// A version whose root hash begins with `root`.
inline grid::file_version version(std::uint64_t sequence, std::uint8_t root = 1, std::uint8_t k = 3,
                                  std::uint8_t n = 10) {
  grid::file_version out;
  out.sequence.value = sequence;
  out.root.data[0] = static_cast<std::byte>(root);
  out.salt.emplace();
  out.salt->data[15] = static_cast<std::byte>(root);
  out.k = k;
  out.n = n;
  out.segment_size = 3;
  out.data_length = 3;
  return out;
}

/// A share of a version, as far as the decisions look: its signed prefix and its number.
inline bytes share_of(const grid::file_version& v, share_number number) {
  auto out = grid::pack_prefix(v);
  out.resize(107);
  out.push_back(static_cast<std::byte>(number.value));
  return out;
}

/// Honest servers 0..size-1 without a network: what is sent arrives, unless a fault says otherwise.
class model_grid {
public:
  explicit model_grid(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      order.push_back(server(static_cast<std::uint8_t>(i)));
      slots[order.back()];
    }
  }

  std::vector<server_id> order; ///< permuted order
  std::map<server_id, model_slot> slots;
  /// Asked before each message: an outcome instead of the server's own. May change the slots first.
  std::function<std::optional<grid::write_outcome>(const grid::publish_message&)> before;
  std::function<std::optional<grid::reread_outcome>(const grid::reread_message&)> before_reread;
  std::vector<grid::publish_message> sent;
  std::vector<grid::reread_message> reread;

  void put(std::size_t on, std::size_t number, const grid::file_version& v) {
    slots.at(order.at(on)).shares[share(number)] = share_of(v, share(number));
  }

  /// Shares 0..n-1 on servers 0..n-1.
  void fill(const grid::file_version& v) {
    for (std::size_t i = 0; i < v.n; ++i)
      put(i % order.size(), i, v);
  }

  std::optional<grid::file_version> at(std::size_t on, std::size_t number) const {
    const auto& shares = slots.at(order.at(on)).shares;
    const auto found = shares.find(share(number));
    if (found == shares.end())
      return std::nullopt;
    const auto parsed = grid::parse_prefix(found->second);
    return parsed ? std::optional(*parsed) : std::nullopt;
  }

  /// A full map of all servers but `away`.
  grid::servermap map(const std::set<server_id>& away = {},
                      grid::map_mode mode = grid::map_mode::write) const {
    grid::servermap out(mode);
    for (const auto& [id, slot] : slots) {
      if (away.contains(id)) {
        out.set_failed(id, "away");
        continue;
      }
      for (const auto& [number, data] : slot.shares) {
        if (auto v = grid::parse_prefix(data))
          out.add_share({id, number}, *v);
        else
          out.mark_bad({id, number}, data, v.error().detail);
      }
      out.set_answered(id);
    }
    return out;
  }

  grid::publish_request request(const grid::file_version& v, grid::servermap known,
                                std::uint8_t happy = 7) const {
    grid::publish_request out;
    out.version = v;
    out.happy = happy;
    out.new_file = known.shares().empty() && known.servers_answered().empty();
    out.map = std::move(known);
    out.servers = order;
    return out;
  }

  grid::write_outcome deliver(const grid::publish_message& message, const grid::file_version& v) {
    grid::share_contents encoded;
    for (std::size_t i = 0; i < v.n; ++i)
      encoded[share(i)] = grid::whole_share(shared_bytes::copy_of(share_of(v, share(i))));
    const auto request = grid::build_message(message, encoded, {}, {}).value();
    return grid::judge_answer(request, slots.at(message.server).apply(request));
  }

  grid::reread_outcome look(const grid::reread_message& message) {
    grid::slot_read_answer answer;
    answer.reads = slots.at(message.server).read({message.read_back});
    return grid::judge_reread(message, answer);
  }

  /// One turn: sends everything, brings every answer. False when finished.
  bool turn(grid::publish_loop& loop) {
    const auto actions = loop.step();
    for (const auto& message : actions.writes) {
      sent.push_back(message);
      auto outcome = before ? before(message) : std::nullopt;
      loop.on_write(message.id, outcome ? *outcome : deliver(message, loop.report().version));
    }
    for (const auto& message : actions.rereads) {
      reread.push_back(message);
      auto outcome = before_reread ? before_reread(message) : std::nullopt;
      loop.on_reread(message.id, outcome ? *outcome : look(message));
    }
    return !actions.finished;
  }

  grid::publish_report run(grid::publish_loop& loop) {
    for (int i = 0; i < 5000 && turn(loop); ++i) {
    }
    return loop.report();
  }

  grid::publish_report publish(grid::publish_request request) {
    auto loop = grid::publish_loop::start(std::move(request));
    if (!loop)
      throw std::runtime_error(to_string(loop.error()));
    return run(*loop);
  }
};

inline grid::write_outcome outcome(grid::write_outcome_kind kind, std::string detail = {}) {
  grid::write_outcome out;
  out.kind = kind;
  out.detail = std::move(detail);
  return out;
}

} // namespace truckee::test
