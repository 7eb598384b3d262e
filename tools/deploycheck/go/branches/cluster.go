package main

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

const branchKind = "branches/taken"

// cluster answers `lookup` from a scenario's objects, and counts the branches that tell of themselves.
type cluster struct {
	objects  []map[string]any
	branches []*Branch
}

func (c *cluster) GetClientFor(apiVersion, kind string) (dynamic.NamespaceableResourceInterface, bool, error) {
	if apiVersion == branchKind {
		var number int
		if _, err := fmt.Sscanf(kind, "then/%d", &number); err == nil {
			c.branches[number].Then++
		} else if _, err := fmt.Sscanf(kind, "else/%d", &number); err == nil {
			c.branches[number].Else++
		}
		return finder{}, false, nil
	}
	var found []map[string]any
	for _, object := range c.objects {
		if object["apiVersion"] == apiVersion && object["kind"] == kind {
			found = append(found, object)
		}
	}
	return finder{objects: found}, true, nil
}

// finder knows one kind; what templates do not do to a cluster is not implemented.
type finder struct {
	dynamic.NamespaceableResourceInterface
	objects   []map[string]any
	namespace string
}

func (f finder) Namespace(name string) dynamic.ResourceInterface {
	return finder{objects: f.objects, namespace: name}
}

func (f finder) Get(_ context.Context, name string, _ metav1.GetOptions, _ ...string) (*unstructured.Unstructured, error) {
	for _, object := range f.objects {
		found := &unstructured.Unstructured{Object: object}
		if found.GetName() == name && found.GetNamespace() == f.namespace {
			return found, nil
		}
	}
	return nil, apierrors.NewNotFound(schema.GroupResource{}, name)
}

func (f finder) List(_ context.Context, _ metav1.ListOptions) (*unstructured.UnstructuredList, error) {
	found := &unstructured.UnstructuredList{Object: map[string]any{"kind": "List", "apiVersion": "v1"}}
	for _, object := range f.objects {
		one := unstructured.Unstructured{Object: object}
		if one.GetNamespace() == f.namespace {
			found.Items = append(found.Items, one)
		}
	}
	return found, nil
}
