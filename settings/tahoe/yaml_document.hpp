#pragma once

#include "truckee/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct yaml_document_s; // libyaml's
struct yaml_node_s;

namespace truckee::settings {

/// One YAML document where it lies. libyaml reads it; what is asked of it here says "FILE:LINE" where it is something else.
class yaml_document {
public:
  /// Errors (configuration): it is not YAML, or there are several documents; an empty text is a document without a root.
  static result<yaml_document> parse(std::string_view text, std::filesystem::path file);

  class node {
  public:
    bool is_null() const; ///< "null", "~", or nothing at all
    std::optional<std::string_view> text() const;
    /// Keys are texts, each there once.
    result<std::vector<std::pair<std::string_view, node>>> entries(std::string_view what) const;
    /// Of a list, or of a set, which is a map whose values are nothing.
    result<std::vector<node>> elements(std::string_view what) const;
    /// "FILE:LINE: what".
    tl::unexpected<error> problem(std::string_view what) const;

  private:
    friend class yaml_document;
    node(const yaml_document* in, const yaml_node_s* at) : in_(in), at_(at) {}
    const yaml_document* in_;
    const yaml_node_s* at_;
  };
  /// Nothing: the text is empty. Points into this object.
  std::optional<node> root() const;

private:
  std::filesystem::path file_;
  std::shared_ptr<yaml_document_s> tree_;
};

/// The value under a key; nothing where it is not there, or null.
std::optional<yaml_document::node>
member(const std::vector<std::pair<std::string_view, yaml_document::node>>& entries, std::string_view key);

} // namespace truckee::settings
